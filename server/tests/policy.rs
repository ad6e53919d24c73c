//! Routing by a policy, over HTTP.

mod common;

use axum::Router;
use axum::http::StatusCode;
use common::post;
use frontdesk::{DecisionRecord, Engine, EngineOptions, RouteAnalysis, from_json, route};
use frontdesk_server::{ServerOptions, app};
use serde_json::{Value, json};

const ROUTE: &str = "/api/v1/support/route";

fn policy() -> Value {
    json!({"rules": {"available": ["video-call", "co-browse"], "consent": ["video-call", "co-browse"], "fallback": "second line"}})
}

fn service() -> Router {
    let options = json!({"route": {"policy": policy(), "shadow": {}, "records": true}});
    let options: EngineOptions = from_json(options.to_string().as_bytes()).unwrap();
    app(Engine::open(options).unwrap(), ServerOptions::default())
}

#[tokio::test]
async fn rules_read_what_the_request_knows() {
    let service = service();
    let issue = "Color profile not working, where do I click?";
    let none = post(&service, ROUTE, json!({ "issue": issue }).to_string()).await;
    assert_eq!(none.status, StatusCode::OK);
    assert_eq!(
        none.json(),
        json!({"abstain": [{"output": "route", "reason": "no-route", "queue": "second line"}]})
    );

    let context = json!({"consent": ["co-browse"]});
    let reply = post(&service, ROUTE, json!({ "issue": issue, "context": context }).to_string()).await.json();
    assert_eq!(reply["recommendedRoute"], "co-browse");
    assert!(
        reply["excluded"].as_array().unwrap().contains(&json!({"route": "video-call", "rule": "no-consent"}))
    );
    assert_eq!(reply["shadow"]["recommendedRoute"], "co-browse");
    // The record is handed back as it is, and makes the same decision.
    let record: DecisionRecord = from_json(reply["record"].to_string().as_bytes()).unwrap();
    let again: RouteAnalysis =
        route::replay(&record, &from_json(policy().to_string().as_bytes()).unwrap()).unwrap().unwrap();
    assert_eq!(
        (again.recommended_route.to_string(), again.reasoning),
        ("co-browse".to_owned(), reply["reasoning"].as_str().unwrap().to_owned())
    );

    let batch = json!({"tickets": [issue], "context": context}).to_string();
    let batch = post(&service, "/api/v1/support/analyze/batch", batch).await.json();
    assert_eq!(batch["results"][0]["route"]["recommendedRoute"], "co-browse");
}

#[tokio::test]
async fn what_is_not_known_is_refused_with_what_is() {
    let service = service();
    for (context, field, told) in [
        (json!({"consent": ["phone"]}), "consent", "co-browse"),
        (json!({"agent": {}}), "agent", "unknown field"),
        (json!({"now": "yesterday"}), "now", "four digit integer as year"),
        (json!({"shares": {"live-chat": 2}}), "shares", "no share"),
        (json!({"needs": ["patience"]}), "needs", "hearing"),
    ] {
        let reply = post(&service, ROUTE, json!({ "issue": "hello", "context": context }).to_string()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{context}: {}", reply.text);
        let problem = reply.json();
        assert_eq!((&problem["code"], &problem["field"]), (&json!("invalid-input"), &json!(field)));
        assert!(problem["message"].as_str().unwrap().contains(told), "{problem}");
    }
}
