//! `frontdesk serve`, and the README's way to call it.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A service that is ended when the test is over.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A service with its address and the rest of its log.
fn serve(keys: Option<&str>) -> (Served, String, BufReader<std::process::ChildStderr>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frontdesk"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--threads", "1"]).stderr(Stdio::piped());
    command.env_remove("FRONTDESK_API_KEYS").envs(keys.map(|keys| ("FRONTDESK_API_KEYS", keys)));
    let mut served = Served(command.spawn().unwrap());
    let mut log = BufReader::new(served.0.stderr.take().unwrap());
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    let address = line.split("http://").nth(1).unwrap().split([',', '\n']).next().unwrap().to_owned();
    (served, address, log)
}

#[test]
fn serve_answers_logs_no_text_and_ends_well() {
    let (mut served, address, mut log) = serve(Some("a-secret-key"));
    let ask = |key: &str| {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        let body = r#"{"text": "a very private matter"}"#;
        write!(
            stream,
            "POST /api/v1/support/analyze HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(ask("a-secret-key").starts_with("HTTP/1.1 200"));
    assert!(ask("a-wrong-key").starts_with("HTTP/1.1 401"));
    let ended = Command::new("kill").args(["-TERM", &served.0.id().to_string()]).status().unwrap();
    assert!(ended.success());
    assert_eq!(served.0.wait().unwrap().code(), Some(0));
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    let lines: Vec<Value> = rest.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "one line a request: {rest}");
    assert_eq!((&lines[0]["fields"]["status"], &lines[1]["fields"]["status"]), (&200.into(), &401.into()));
    assert!(!rest.contains("private") && !rest.contains("-key"), "{rest}");
}

#[test]
fn the_curl_of_the_readme_says_what_is_beside_it() {
    let (_served, address, _log) = serve(None);
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let blocks = readme.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let block = blocks.filter(|block| block.contains("curl")).last().unwrap();
    let (script, promised) = block.trim().rsplit_once("  # ").unwrap();
    let output =
        Command::new("sh").args(["-c", &script.replace("localhost:8080", &address)]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.split_whitespace().collect::<Vec<_>>().join(" "), promised, "{output:?}");
}
