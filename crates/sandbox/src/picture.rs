//! The sample picture that phones attach: a small landscape, its colours following from its id, so that two
//! pictures can be told apart. Written as PNG without a library: a palette and stored (uncompressed) rows.

use std::hash::Hasher;

const WIDTH: usize = 160;
const HEIGHT: usize = 120;
const SKY: usize = 32;

/// The picture with this id.
pub fn of(sid: &str) -> Vec<u8> {
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(sid.as_bytes());
    let seed = hasher.finish();
    let sun = (24 + (seed % 112) as i64, 24 + (seed / 112 % 24) as i64);
    let slope = 0.5 + (seed / 4096 % 100) as f64 / 100.0;
    let mut rows = Vec::with_capacity((WIDTH + 1) * HEIGHT);
    for y in 0..HEIGHT as i64 {
        // Each row names its filter first: none.
        rows.push(0);
        rows.extend((0..WIDTH as i64).map(|x| colour_at(x, y, sun, slope)));
    }
    png(&palette(seed), &rows)
}

fn colour_at(x: i64, y: i64, sun: (i64, i64), slope: f64) -> u8 {
    let height = |wave: f64, shift: f64, top: f64| (top + (x as f64 / wave + shift).sin() * 9.0) as i64;
    let (far, near) = (height(26.0 * slope, 1.0, 72.0), height(17.0 / slope, 3.0, 94.0));
    if y >= near {
        SKY as u8 + 2
    } else if y >= far {
        SKY as u8 + 1
    } else if (x - sun.0).pow(2) + (y - sun.1).pow(2) <= 100 {
        SKY as u8
    } else {
        (y * SKY as i64 / HEIGHT as i64) as u8
    }
}

/// A sky from deep to pale, the sun, far hills and near hills.
fn palette(seed: u64) -> Vec<[u8; 3]> {
    let tones = [
        ([58, 123, 213], [222, 238, 252]),
        ([244, 129, 90], [255, 226, 190]),
        ([94, 84, 163], [246, 203, 214]),
    ];
    let (top, bottom): ([i64; 3], [i64; 3]) = tones[(seed % 3) as usize];
    let blend = |step: usize, channel: usize| {
        (top[channel] + (bottom[channel] - top[channel]) * step as i64 / (SKY as i64 - 1)) as u8
    };
    let mut colours: Vec<[u8; 3]> =
        (0..SKY).map(|step| [blend(step, 0), blend(step, 1), blend(step, 2)]).collect();
    colours.extend([[255, 244, 196], [92, 138, 116], [46, 92, 78]]);
    colours
}

fn png(palette: &[[u8; 3]], rows: &[u8]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend((WIDTH as u32).to_be_bytes());
    header.extend((HEIGHT as u32).to_be_bytes());
    header.extend([8, 3, 0, 0, 0]);
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"PLTE", palette.as_flattened());
    chunk(&mut file, b"IDAT", &stored(rows));
    chunk(&mut file, b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    file.extend((data.len() as u32).to_be_bytes());
    let start = file.len();
    file.extend(kind);
    file.extend(data);
    let checksum = crc32(&file[start..]);
    file.extend(checksum.to_be_bytes());
}

/// A zlib stream of stored blocks.
fn stored(data: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let blocks = data.chunks(0xffff).count();
    for (index, block) in data.chunks(0xffff).enumerate() {
        stream.push(u8::from(index + 1 == blocks));
        stream.extend((block.len() as u16).to_le_bytes());
        stream.extend((!(block.len() as u16)).to_le_bytes());
        stream.extend(block);
    }
    stream.extend(adler32(data).to_be_bytes());
    stream
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0, |mut crc: u32, byte| {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
        crc
    })
}

fn adler32(data: &[u8]) -> u32 {
    let (low, high) = data.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    high << 16 | low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_of_known_texts() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn pictures_are_small_stable_and_different() {
        let (one, other) = (of("ME1"), of("ME2"));
        assert_eq!(one, of("ME1"));
        assert_ne!(one, other);
        assert!(one.starts_with(b"\x89PNG") && one.len() < 25_000);
    }
}
