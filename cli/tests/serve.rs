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
    started(Command::new(env!("CARGO_BIN_EXE_frontdesk")), keys)
}

fn started(
    mut command: Command,
    keys: Option<&str>,
) -> (Served, String, BufReader<std::process::ChildStderr>) {
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

/// A service whose SIGHUP is as `env` sets it, whatever the tests were started with.
#[cfg(target_os = "linux")]
fn serve_with_hangups(env: &str) -> (Served, String, BufReader<std::process::ChildStderr>) {
    let mut command = Command::new("env");
    command.args([env, env!("CARGO_BIN_EXE_frontdesk")]);
    started(command, None)
}

/// A request whose body is on its way: the service asks for it.
#[cfg(target_os = "linux")]
fn open_request(address: &str) -> std::net::TcpStream {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let head = "POST /api/v1/support/analyze HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                connection: close\r\nexpect: 100-continue\r\ncontent-length: 14\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[cfg(target_os = "linux")]
fn finish(mut stream: std::net::TcpStream) -> String {
    stream.write_all(b"{\"text\": \"hi\"}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[cfg(target_os = "linux")]
#[test]
fn every_signal_that_asks_for_an_end_lets_open_requests_finish() {
    for signal in ["-HUP", "-INT", "-QUIT", "-TERM"] {
        let (mut served, address, _log) = serve_with_hangups("--default-signal=HUP");
        let open = open_request(&address);
        let ended = Command::new("kill").args([signal, &served.0.id().to_string()]).status().unwrap();
        assert!(ended.success());
        // Once nothing more is accepted, the end has begun.
        while std::net::TcpStream::connect(&address).is_ok() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let answer = finish(open);
        assert!(answer.starts_with("HTTP/1.1 200"), "{signal}: {answer}");
        assert_eq!(served.0.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_service_that_was_started_to_outlive_its_terminal_does() {
    let (mut served, address, _log) = serve_with_hangups("--ignore-signal=HUP");
    let open = open_request(&address);
    let hung_up = Command::new("kill").args(["-HUP", &served.0.id().to_string()]).status().unwrap();
    assert!(hung_up.success());
    assert!(finish(open).starts_with("HTTP/1.1 200"));
    assert!(finish(open_request(&address)).starts_with("HTTP/1.1 200"), "the service goes on");
    assert_eq!(served.0.try_wait().unwrap(), None);
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
