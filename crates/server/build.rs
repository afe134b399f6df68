//! Embeds the pages: writes a table of the files of `web/dist` for `src/pages.rs`. It never calls npm, so that
//! `cargo build` needs no Node; without built pages, one page says how to build them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><title>Backsoon</title><p>The pages are not built into this program. Run <code>make build</code>, which needs Node; the API works without them.</p></html>\n";

fn main() -> io::Result<()> {
    let dist = Path::new("../../web/dist");
    // A missing folder would make Cargo run this again every time; an empty one is noticed when it fills. Where
    // the sources are read-only there is nothing to notice.
    let _ = fs::create_dir_all(dist);
    println!("cargo::rerun-if-changed={}", dist.display());
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets OUT_DIR"));
    let mut files = Vec::new();
    if dist.join("index.html").is_file() {
        collect(&dist.canonicalize()?, "", &mut files)?;
    } else {
        let page = out.join("not-built.html");
        fs::write(&page, NOT_BUILT)?;
        files.push(("index.html".to_owned(), page));
    }
    files.sort();
    let mut table = String::from(
        "/// Every embedded file: its path below the root, and its bytes. Sorted by path.\npub static EMBEDDED: &[(&str, &[u8])] = &[\n",
    );
    let copies = out.join("pages");
    fs::create_dir_all(&copies)?;
    for (number, (path, file)) in files.into_iter().enumerate() {
        // A copy, because the folder may be built anew while the compiler reads.
        let copy = copies.join(number.to_string());
        fs::copy(file, &copy)?;
        writeln!(table, "    ({path:?}, include_bytes!({:?})),", copy.display().to_string())
            .expect("writing to a string");
    }
    table.push_str("];\n");
    fs::write(out.join("embedded.rs"), table)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name =
            entry.file_name().into_string().map_err(|_| io::Error::other("a file name is not UTF-8"))?;
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.push((path, entry.path()));
        }
    }
    Ok(())
}
