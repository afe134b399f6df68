//! TLS to a real server, whose certificate is made here. Which roots are trusted is read from the environment, so
//! every row of the table opens its store in a process of its own: this test program, started once more.

use std::process::Command;

use cluster::Cluster;
use rcgen::generate_simple_self_signed;
use store::Store;

/// Set in the processes that only open a store.
const ADDRESS: &str = "BACKSOON_TEST_ADDRESS";

/// What such a process says when everything went well.
const OPENED: &str = "the store is open";

#[tokio::test]
async fn tls_is_as_the_address_asks() {
    if let Ok(url) = std::env::var(ADDRESS) {
        match Store::open(&url).await {
            Ok(store) => {
                store.close().await;
                println!("{OPENED}");
            }
            Err(error) => println!("{error}"),
        }
        return;
    }
    // An address of this machine that nobody else listens on at PostgreSQL's port.
    let [.., high, low] = std::process::id().to_be_bytes();
    let host = format!("127.77.{high}.{low}");
    let certificate = generate_simple_self_signed([host.clone()]).unwrap();
    let (chain, key) = (certificate.cert.pem(), certificate.signing_key.serialize_pem());
    let listen = format!("listen_addresses={host}");
    let settings =
        ["fsync=off", &listen, "ssl=on", "ssl_cert_file=../server.crt", "ssl_key_file=../server.key"];
    let encrypted = Cluster::start_with(&settings, &[("server.crt", &chain), ("server.key", &key)]);
    let database = encrypted.empty_database();
    let name = database.split('/').nth(3).and_then(|rest| rest.split('?').next()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let roots = |name: &str, pem: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, pem).unwrap();
        path.display().to_string()
    };
    let right = roots("right.pem", &chain);
    let wrong = roots("wrong.pem", &generate_simple_self_signed([host.clone()]).unwrap().cert.pem());
    let another_name =
        format!("postgres://backsoon@{host}.nip.invalid/{name}?hostaddr={host}&sslmode=require");
    let at = |mode: &str| format!("postgres://backsoon@{host}/{name}?sslmode={mode}");
    let refused = "cannot be reached: check the address, that the server runs, and sslmode";
    let table = [
        (at("require"), Some(&right), OPENED),
        (at("require"), Some(&wrong), refused),
        (at("require"), None, refused),
        (another_name, Some(&right), refused),
        (at("prefer"), Some(&wrong), OPENED),
        (at("disable"), Some(&wrong), OPENED),
    ];
    for (url, roots, expected) in table {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "tls_is_as_the_address_asks", "--nocapture"]).env(ADDRESS, &url);
        match roots {
            Some(file) => child.env("SSL_CERT_FILE", file),
            None => child.env_remove("SSL_CERT_FILE"),
        };
        let output = child.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            said.contains(expected),
            "{url} {roots:?}: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
