//! Writes the corpus and the dictionary of every target, for cargo-fuzz: `frontdesk-fuzz FOLDER`.

use std::path::Path;
use std::{fs, io};

use frontdesk_fuzz::{TARGETS, seeds};

fn main() -> io::Result<()> {
    let folder = std::env::args().nth(1).ok_or_else(|| io::Error::other("frontdesk-fuzz FOLDER"))?;
    for target in TARGETS {
        let corpus = Path::new(&folder).join(target.name);
        fs::create_dir_all(&corpus)?;
        for (at, seed) in seeds(target.name).into_iter().enumerate() {
            fs::write(corpus.join(format!("seed-{at}")), seed)?;
        }
        let quoted = |word: &&str| {
            word.bytes().fold(String::from("\""), |text, byte| text + &format!("\\x{byte:02x}")) + "\"\n"
        };
        let words: String = target.words.iter().map(quoted).collect();
        fs::write(Path::new(&folder).join(format!("{}.dict", target.name)), words)?;
    }
    Ok(())
}
