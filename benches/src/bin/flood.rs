//! Many requests at once against the HTTP service: each must be answered, with 200 or 429, and the memory
//! stay flat.
//!
//!     cargo run --release -p frontdesk-benches --bin flood -- [REQUESTS [ROUNDS]]
//!
//! First sixteen clients find what the service can do; then requests come at twice that rate, each on a
//! connection of its own; then all of them at once, in so many rounds. The service is a process of its own.
//! Prints one JSON line for each part.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use frontdesk::{Engine, EngineOptions};
use frontdesk_server::ServerOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

type Failed = Box<dyn std::error::Error>;

const QUEUE: usize = 512;
const WARM_UP: Duration = Duration::from_secs(5);

fn main() -> Result<(), Failed> {
    let first = std::env::args().nth(1);
    if first.as_deref() == Some("serve") {
        return serve();
    }
    let requests: usize = first.map_or(Ok(10_000), |n| n.parse())?;
    let rounds: usize = std::env::args().nth(2).map_or(Ok(1), |n| n.parse())?;
    let mut child = Command::new(std::env::current_exe()?)
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    let address = line.trim().parse()?;
    let result = tokio::runtime::Runtime::new()?.block_on(flood(address, requests, rounds, &child));
    // The service ends with its input.
    drop(child.stdin.take());
    child.wait()?;
    result
}

fn serve() -> Result<(), Failed> {
    let options = EngineOptions { queue: Some(QUEUE), ..EngineOptions::default() };
    let engine = Engine::open(options)?;
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_line(&mut String::new());
        std::process::exit(0);
    });
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    frontdesk_server::run(listen, engine, ServerOptions::default(), |address| println!("{address}"))?;
    Ok(())
}

async fn flood(address: SocketAddr, requests: usize, rounds: usize, service: &Child) -> Result<(), Failed> {
    let start = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..16 {
        clients.spawn(async move {
            let mut answered = 0u32;
            while start.elapsed() < WARM_UP {
                answered += u32::from(ask(address).await == "200");
            }
            answered
        });
    }
    let answered: u32 = clients.join_all().await.into_iter().sum();
    let rate = f64::from(answered) / start.elapsed().as_secs_f64();
    println!(
        "{}",
        serde_json::json!({ "clients": 16, "answers_per_s": rate.round(), "resident_mib": resident(service)? })
    );

    let gap = Duration::from_secs_f64(0.5 / rate);
    let at_once = std::iter::repeat_n(("at once", Duration::ZERO), rounds);
    for (name, gap) in std::iter::once(("at twice the rate", gap)).chain(at_once) {
        let start = Instant::now();
        let mut asked = JoinSet::new();
        for n in 0..requests {
            // Waiting for the moment, and not for the gap, keeps the rate where the timer is coarse.
            tokio::time::sleep_until((start + gap * n as u32).into()).await;
            asked.spawn(ask(address));
        }
        let mut answers = BTreeMap::new();
        let mut most = 0;
        while let Some(answer) = asked.join_next().await {
            *answers.entry(answer?).or_insert(0) += 1;
            most = most.max(resident(service)?);
        }
        let line = serde_json::json!({
            "requests": requests, "sent": name, "answers": answers, "seconds": start.elapsed().as_secs_f64().round(),
            "resident_mib": resident(service)?, "most_resident_mib": most,
        });
        println!("{line}");
    }
    Ok(())
}

/// The status of one request on a connection of its own, or what went wrong.
async fn ask(address: SocketAddr) -> String {
    let body = r#"{"text": "Need to approve this proof ASAP"}"#;
    let request = format!(
        "POST /api/v1/support/analyze HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    match exchange.await {
        Ok(answer) if answer.len() > 12 => answer[9..12].to_owned(),
        Ok(_) => "cut off".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// The resident memory of the service in MiB.
fn resident(service: &Child) -> Result<u64, Failed> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", service.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
}
