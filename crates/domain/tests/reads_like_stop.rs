//! Holds `reads_like_stop.txt` against the rules (R15).

use domain::keyword::Keyword;
use domain::reads_like_stop::reads_like_stop;

#[test]
fn r15_every_sentence_reads_as_its_label_says() {
    let table = include_str!("reads_like_stop.txt");
    let (mut wrong, mut stops, mut texts) = (Vec::new(), 0, 0);
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let (label, sentence) = line.split_once(" | ").expect("a label and a sentence");
        let expected = match label {
            "stop" => true,
            "text" => false,
            other => panic!("{other:?} is no label"),
        };
        *(if expected { &mut stops } else { &mut texts }) += 1;
        // A keyword would be judged before.
        if Keyword::of_message(sentence, false).is_some() || reads_like_stop(sentence) != expected {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "{} are read otherwise:\n{}", wrong.len(), wrong.join("\n"));
    assert!(stops >= 100 && texts >= 100, "the table has {stops} requests and {texts} near misses");
}

#[test]
fn r15_lines_and_signatures_part_a_request_from_the_rest() {
    for text in
        ["Stop texting me\nSent from my iPhone", "Hello\nno more texts\nBye", "END\nSent from my iPhone"]
    {
        assert!(reads_like_stop(text), "{text:?}");
    }
    for text in ["Please cancel\nthe order", "Don't\nstop", "", "\u{200b}", "Stop\nby at five"] {
        assert!(!reads_like_stop(text), "{text:?}");
    }
}
