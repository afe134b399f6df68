//! The default build has no fail points: what names them in the program is not in it. (The torture harness refuses
//! a program with fail points that lacks this text, so the text is the right one.)

#[cfg(not(feature = "fail-points"))]
#[test]
fn the_default_build_has_no_fail_points() {
    let program = std::fs::read(env!("CARGO_BIN_EXE_backsoon")).unwrap();
    let has = |text: &str| program.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("BACKSOON_"), "names of variables are found");
    assert!(!has("BACKSOON_FAIL_POINT"));
}
