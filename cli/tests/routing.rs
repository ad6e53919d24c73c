//! Routing as a user types it.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use serde_json::{Value, json};

fn frontdesk() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frontdesk"));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    command
}

fn stdout(command: &mut Command) -> String {
    let output = command.assert().success().get_output().clone();
    String::from_utf8(output.stdout).unwrap()
}

fn parsed(command: &mut Command) -> Value {
    serde_json::from_str(&stdout(command)).unwrap()
}

const POLICY: &str = "[rules]\nconsent = [\"co-browse\", \"video-call\"]\nfallback = \"second line\"\n[rules.agents]\nlive-chat = 1\n[exploration]\nshare = 0.3\n";

#[test]
fn one_ticket_with_all_that_is_known_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("desk.toml");
    fs::write(&policy, POLICY).unwrap();
    let route = |given: &[&str]| {
        let mut command = frontdesk();
        command.args([
            "route",
            "Wrong color on the cover, where do I click?",
            "--format",
            "json",
            "--policy",
        ]);
        parsed(command.arg(&policy).args(given))
    };
    let answer = route(&[
        "--consent",
        "co-browse",
        "--urgency",
        "high",
        "--preferred",
        "co-browse",
        "--solved",
        "co-browse,co-browse",
    ]);
    assert_eq!(answer["route"]["excluded"], json!([{"route": "video-call", "rule": "no-consent"}]));
    assert!(answer["route"]["propensity"].as_f64().unwrap() > 0.0);
    assert!(answer.get("category").is_none());
    let without = route(&["--agents", "live-chat=0", "--needs", "vision"]);
    let rules: Vec<_> = without["route"]["excluded"]
        .as_array()
        .unwrap()
        .iter()
        .map(|out| out["rule"].as_str().unwrap())
        .collect();
    assert_eq!(rules, ["no-agent", "no-consent", "no-consent"]);
    assert_eq!(without["route"]["recommended_route"], "ai-chatbot");
    let none = route(&["--available", "video-call"]);
    assert_eq!(none["abstain"][0]["queue"], "second line");
    let table = stdout(frontdesk().args(["route", "Production is blocked!", "--urgency", "critical"]));
    for part in ["video-call", "because", "ticket-urgency", "unless"] {
        assert!(table.contains(part), "{table}");
    }
}

#[test]
fn a_file_is_routed_and_a_record_made_again_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let (policy, record) = (folder.path().join("desk.toml"), folder.path().join("record.json"));
    fs::write(&policy, POLICY).unwrap();
    let mut file = frontdesk();
    file.args([
        "route",
        "--input",
        "datasets/samples/tickets.csv",
        "--format",
        "jsonl",
        "--records",
        "--policy",
    ])
    .arg(&policy);
    let lines = stdout(&mut file);
    assert_eq!(lines.lines().count(), 20);
    let mut explored = 0;
    for line in lines.lines() {
        let analysis: Value = serde_json::from_str(line).unwrap();
        explored += usize::from(analysis["route"]["explored"] == json!(true));
        fs::write(&record, line).unwrap();
        let mut again = frontdesk();
        again.args(["route", "--format", "jsonl", "--replay"]).arg(&record).arg("--policy").arg(&policy);
        // Byte for byte as it stands in the line.
        assert!(line.contains(stdout(&mut again).trim_end()), "{line}");
    }
    assert!((1..15).contains(&explored), "{explored}");
    let other = predicate::str::contains("the decision was made by the policy sha256:");
    frontdesk().args(["route", "--replay"]).arg(&record).assert().failure().stderr(other);
}

#[test]
fn what_is_not_known_is_refused_with_what_is() {
    for (given, told) in [
        (&["--urgency", "soon"][..], "`low`, `medium`, `high`, `critical`"),
        (&["--preferred", "phone"], "`ai-chatbot`, `live-chat`, `co-browse`, `video-call`"),
        (&["--agents", "live-chat"], "ROUTE=VALUE"),
        (&["--agents", "live-chat=many"], "many"),
        (&["--now", "yesterday"], "yesterday"),
    ] {
        frontdesk()
            .args(["route", "hello"])
            .args(given)
            .assert()
            .code(2)
            .stderr(predicate::str::contains(told));
    }
    frontdesk().arg("route").assert().code(2);
    frontdesk().args(["route", "--replay", "record.json", "--urgency", "high"]).assert().code(2);
    let message =
        predicate::str::contains("data-invalid").and(predicate::str::contains("unknown field `rule`"));
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("desk.toml");
    fs::write(&policy, "[rule]\n").unwrap();
    frontdesk().args(["route", "hello", "--policy"]).arg(&policy).assert().code(1).stderr(message);
}

#[test]
fn outcomes_become_a_policy_that_routes() {
    let folder = tempfile::tempdir().unwrap();
    let (data, policy) = (folder.path().join("outcomes.jsonl"), folder.path().join("learnt.toml"));
    let routes = ["ai-chatbot", "live-chat", "co-browse", "video-call"];
    let row = |number: usize| {
        let (feature, best) =
            if number.is_multiple_of(2) { ("technical", "live-chat") } else { ("question", "video-call") };
        let route = routes[number / 2 % 4];
        let outcome = if route == best { "solved" } else { "unsolved" };
        json!({"facts": {"features": {feature: 0.9}}, "route": route, "propensity": 0.25, "outcome": outcome})
            .to_string()
            + "\n"
    };
    fs::write(&data, (0..1_600).map(row).collect::<String>()).unwrap();
    let train = |to: &Path| {
        let mut command = frontdesk();
        command.args(["train", "--task", "route", "--data"]).arg(&data).arg("--output").arg(to);
        command
    };
    let said = stdout(&mut train(&policy));
    assert!(said.contains("accepted") && said.contains("doubly robust"), "{said}");
    assert!(fs::read_to_string(&policy).unwrap().contains("temperature"));
    train(&policy).assert().code(1).stderr(predicate::str::contains("is there already"));
    // What would be ignored is refused.
    train(&folder.path().join("more.toml"))
        .args(["--epochs", "3"])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("--epochs"));
    let mut head = frontdesk();
    head.args(["train", "--task", "mood", "--data"]).arg(&data).arg("--policy").arg(&policy);
    head.assert().code(1).stderr(predicate::str::contains("--task route"));
    let blind = fs::read_to_string(&data).unwrap().replace("\"propensity\":0.25,", "");
    fs::write(&data, blind).unwrap();
    let told = predicate::str::contains("1600 of 1600 outcomes have no propensity");
    train(&folder.path().join("other.toml")).assert().code(1).stderr(told);
    assert!(!folder.path().join("other.toml").exists());
    let mut routed = frontdesk();
    let answer = parsed(
        routed.args(["route", "What are your opening hours?", "--format", "json", "--policy"]).arg(&policy),
    );
    assert!(answer["route"]["confidence"].as_f64().unwrap() > 0.0);
}
