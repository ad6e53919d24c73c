//! The service through its router: every endpoint, every limit, every kind of error.

use std::sync::OnceLock;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use frontdesk::{AnalyzeOptions, Engine, EngineOptions, ErrorKind, Ticket, from_json};
use frontdesk_server::{Keys, ServerOptions, app, status};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

fn engine() -> Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::open(EngineOptions::default()).unwrap()).clone()
}

fn service() -> Router {
    app(engine(), ServerOptions::default())
}

struct Reply {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    text: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    /// Checks that this is a problem, and gives it.
    fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.json();
        assert_eq!((self.status.as_u16(), problem["code"].as_str()), (status, Some(code)), "{}", self.text);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(problem["status"], status);
        assert!(problem["title"].is_string() && problem["message"].is_string());
        problem
    }
}

async fn send(service: &Router, request: Request<Body>) -> Reply {
    let response = service.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Reply { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

async fn get(service: &Router, path: &str) -> Reply {
    send(service, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn post(service: &Router, path: &str, body: impl Into<Body>) -> Reply {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json; charset=utf-8");
    send(service, request.body(body.into()).unwrap()).await
}

/// snake_case keys, as the contract's data has them.
fn snake(value: Value) -> Value {
    let names = [
        ("urgencyLevel", "urgency_level"),
        ("recommendedRoute", "recommended_route"),
        ("alternativeRoutes", "alternative_routes"),
    ];
    let name = |key: String| {
        names.iter().find(|(camel, _)| *camel == key).map_or(key, |(_, snake)| (*snake).to_owned())
    };
    match value {
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(key, value)| (name(key), snake(value))).collect())
        }
        Value::Array(values) => values.into_iter().map(snake).collect(),
        other => other,
    }
}

#[tokio::test]
async fn the_contract_gets_the_engines_own_answers_bit_for_bit() {
    let service = service();
    let contract: Value = serde_json::from_str(include_str!("../../datasets/contract/analyze.json")).unwrap();
    for case in contract["cases"].as_array().unwrap().iter().filter(|case| case["outputs"].is_null()) {
        let reply = post(&service, "/api/v1/support/analyze", case["ticket"].to_string()).await;
        assert_eq!(reply.status, StatusCode::OK, "{}: {}", case["name"], reply.text);
        let ticket: Ticket = from_json(case["ticket"].to_string().as_bytes()).unwrap();
        let expected = serde_json::to_string(&engine().analyze(&ticket).unwrap()).unwrap();
        // Both are written from f32 in its shortest form: equal texts are equal bits.
        let expected: Value = serde_json::from_str(&expected).unwrap();
        assert_eq!(snake(reply.json()), expected, "{}", case["name"]);
    }
}

#[tokio::test]
async fn each_endpoint_gives_its_part() {
    let service = service();
    let text = "Production is blocked!";
    let whole = post(&service, "/api/v1/support/analyze", json!({ "text": text }).to_string()).await.json();
    let part = |path: &'static str, body: Value| {
        let service = service.clone();
        async move { post(&service, path, body.to_string()).await.json() }
    };
    let sentiment = part("/api/v1/support/sentiment", json!({ "text": text })).await;
    let category = part("/api/v1/support/category", json!({ "text": text })).await;
    let route = part("/api/v1/support/route", json!({ "issue": text })).await;
    for (part, name, keys) in [
        (&sentiment, "sentiment", &["sentiment", "score", "emotions", "urgencyLevel"][..]),
        (&category, "category", &["category", "score", "labels"]),
        (&route, "route", &["recommendedRoute", "confidence", "reasoning", "alternativeRoutes"]),
    ] {
        for key in keys {
            assert_eq!(part[key], whole[name][key], "{name}.{key}");
        }
    }
    let ticket = json!({ "text": "hello", "urgency": "critical", "customerHistory": { "preferredChannel": "video-call" } });
    let mut request = ticket.clone();
    let issue = request.as_object_mut().unwrap().remove("text").unwrap();
    request["issue"] = issue;
    let expected =
        engine().analyze(&from_json(ticket.to_string().as_bytes()).unwrap()).unwrap().route.unwrap();
    let answer = part("/api/v1/support/route", request).await;
    assert_eq!(answer["recommendedRoute"], expected.recommended_route.to_string());
    assert_eq!(answer["reasoning"], expected.reasoning.as_str());
    assert!(expected.reasoning.contains("prefer"), "the history was not read: {}", expected.reasoning);
    let empty = part("/api/v1/support/sentiment", json!({ "text": " " })).await;
    assert_eq!(empty, json!({ "abstain": [{ "output": "sentiment", "reason": "empty" }] }));
    let batch =
        part("/api/v1/support/analyze/batch", json!({ "tickets": [text, { "id": "b", "text": "hello" }] }))
            .await;
    assert_eq!(batch["results"][1]["id"], "b");
    assert_eq!(batch["results"][0]["category"]["category"], whole["category"]["category"]);
    assert_eq!(
        part("/api/v1/support/analyze/batch", json!({ "tickets": [] })).await,
        json!({ "results": [] })
    );

    let info = get(&service, "/api/v1/info").await.json();
    assert_eq!((&info["model"]["name"], &info["maxTokens"]), (&json!("frontdesk-small"), &json!(256)));
    assert_eq!(get(&service, "/health/live").await.status, StatusCode::OK);
    assert_eq!(get(&service, "/health/ready").await.status, StatusCode::OK);
}

#[test]
fn every_kind_of_error_has_a_status() {
    for kind in ErrorKind::ALL {
        assert!(status(kind).is_client_error() || status(kind).is_server_error(), "{kind}");
    }
    assert_eq!(status(ErrorKind::Overloaded), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(status(ErrorKind::Timeout), StatusCode::GATEWAY_TIMEOUT);
}

#[tokio::test]
async fn the_contracts_errors_are_problems() {
    let service = service();
    let contract: Value = serde_json::from_str(include_str!("../../datasets/contract/errors.json")).unwrap();
    let mut seen = 0;
    for case in contract["cases"].as_array().unwrap() {
        let reply = match (case.get("ticket"), case.get("tickets"), case["text_bytes"].as_u64()) {
            _ if case.get("options").is_some() || case.get("open").is_some() => continue,
            (Some(ticket), _, _) => post(&service, "/api/v1/support/analyze", ticket.to_string()).await,
            (_, Some(tickets), _) => {
                post(&service, "/api/v1/support/analyze/batch", json!({ "tickets": tickets }).to_string())
                    .await
            }
            (_, _, Some(bytes)) => {
                let text = "a ".repeat(bytes as usize)[..bytes as usize].to_owned();
                post(&service, "/api/v1/support/analyze", json!({ "text": text }).to_string()).await
            }
            _ => continue,
        };
        seen += 1;
        let code = case["code"].as_str().unwrap();
        let kind = ErrorKind::ALL.into_iter().find(|kind| kind.code() == code).unwrap();
        let problem = reply.problem(status(kind).as_u16(), code);
        if case["field"].is_string() {
            assert_eq!(problem["field"], case["field"], "{}", case["name"]);
        }
        for part in case["says"].as_array().into_iter().flatten() {
            assert!(problem["message"].as_str().unwrap().contains(part.as_str().unwrap()), "{problem}");
        }
    }
    assert!(seen >= 11, "only {seen} cases were replayed");
}

#[tokio::test]
async fn broken_requests_say_what_is_wrong_and_where() {
    let mut options = ServerOptions::default();
    (options.max_body_bytes, options.max_tickets) = (2000, 3);
    let service = app(engine(), options);
    let analyze = "/api/v1/support/analyze";
    let says = |reply: &Reply, code: u16, parts: &[&str]| {
        let kind = if code == 413 { "too-large" } else { "invalid-input" };
        let problem = reply.problem(code, kind);
        for part in parts {
            assert!(problem["message"].as_str().unwrap().contains(part), "{part}: {problem}");
        }
    };
    says(&post(&service, analyze, "{\"text\":\n  oops}").await, 400, &["line 2"]);
    says(&post(&service, analyze, "").await, 400, &["EOF"]);
    says(&post(&service, analyze, "{\"text\": \"a\"} {}").await, 400, &["trailing"]);
    says(&post(&service, analyze, "{\"text\": \"\\ud800\"}").await, 400, &["escape"]);
    says(&post(&service, analyze, &b"{\"text\": \"\xff\"}"[..]).await, 400, &[]);
    says(
        &post(&service, "/api/v1/support/route", "{\"issue\": \"a\", \"mood\": 1}").await,
        400,
        &["mood", "issue"],
    );
    says(&post(&service, "/api/v1/support/route", "{\"text\": \"a\"}").await, 400, &["text"]);
    says(&post(&service, "/api/v1/support/sentiment", "{}").await, 400, &["text"]);
    says(&post(&service, analyze, json!({ "text": "x".repeat(2000) }).to_string()).await, 413, &["2000"]);
    let four = json!({ "tickets": ["a", "b", "c", "d"] }).to_string();
    says(&post(&service, "/api/v1/support/analyze/batch", four).await, 413, &["4 tickets", "3"]);
    let chunked = Body::from_stream(chunks(5000));
    says(&post(&service, analyze, chunked).await, 413, &["2000"]);
    let text = Request::post(analyze).header(header::CONTENT_TYPE, "text/plain").body(Body::from("hello"));
    says(&send(&service, text.unwrap()).await, 415, &["text/plain", "application/json"]);
    says(&get(&service, "/api/v1/nothing").await, 404, &[]);
    says(&get(&service, analyze).await, 405, &[]);
}

/// A body of unknown length.
fn chunks(bytes: usize) -> impl futures_core::Stream<Item = Result<Vec<u8>, std::io::Error>> {
    tokio_stream::iter((0..bytes / 100).map(|_| Ok(vec![b' '; 100])))
}

#[tokio::test]
async fn only_who_has_a_key_is_served_and_no_key_is_shown() {
    let mut options = ServerOptions::default();
    options.keys = Some(Keys::parse("first-key\n\n second-key \n").unwrap());
    assert!(!format!("{options:?}").contains("first"), "{options:?}");
    let service = app(engine(), options);
    let with = |value: &'static str| {
        let request = Request::get("/api/v1/info").header(header::AUTHORIZATION, value);
        let service = service.clone();
        async move { send(&service, request.body(Body::empty()).unwrap()).await }
    };
    assert_eq!(with("Bearer first-key").await.status, StatusCode::OK);
    assert_eq!(with("bearer second-key").await.status, StatusCode::OK);
    for wrong in ["Bearer third-key", "Bearer first-key2", "Bearer ", "first-key", "Basic first-key"] {
        let reply = with(wrong).await;
        reply.problem(401, "invalid-input");
        assert_eq!(reply.headers[header::WWW_AUTHENTICATE], "Bearer");
    }
    get(&service, "/api/v1/info").await.problem(401, "invalid-input");
    assert_eq!(get(&service, "/health/live").await.status, StatusCode::OK, "probes have no key");
    for bad in ["", " \n", "ok\nke\u{e9}y"] {
        assert_eq!(Keys::parse(bad).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn a_full_queue_and_a_late_answer_have_their_codes() {
    let mut options = EngineOptions::default();
    (options.threads, options.queue) = (Some(1), Some(1));
    let engine = Engine::open(options).unwrap();
    let mut limits = ServerOptions::default();
    limits.timeout = Duration::from_millis(60);
    let service = app(engine.clone(), limits);
    let long = vec![Ticket::new("the proof shows the wrong blue and the press is waiting ".repeat(6)); 80];
    let busy = engine.submit(long, &AnalyzeOptions::default());
    let body = json!({ "text": "hello" }).to_string();
    let reply = post(&service, "/api/v1/support/analyze", body.clone()).await;
    reply.problem(429, "overloaded");
    assert_eq!(reply.headers[header::RETRY_AFTER], "1");
    drop(busy);
    let long: Vec<String> = vec!["the proof shows the wrong blue and the press is waiting ".repeat(6); 80];
    let late = post(&service, "/api/v1/support/analyze/batch", json!({ "tickets": long }).to_string()).await;
    late.problem(504, "timeout");
    let metrics = get(&service, "/metrics").await.text;
    assert!(metrics.contains("frontdesk_overloaded_total 1\n"), "{metrics}");
    assert!(metrics.contains("frontdesk_queue_depth 0\n"), "the late request left its place: {metrics}");
}

#[tokio::test]
async fn metrics_are_there_from_the_start_and_each_moves() {
    let engine = Engine::open(EngineOptions::default()).unwrap();
    let service = app(engine, ServerOptions::default());
    let value = |text: &str, series: &str| -> f64 {
        let line =
            text.lines().find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')));
        line.unwrap_or_else(|| panic!("no {series} in {text}")).rsplit(' ').next().unwrap().parse().unwrap()
    };
    let series = [
        "frontdesk_engine_calls_total",
        "frontdesk_tickets_total",
        "frontdesk_tokens_total",
        "frontdesk_queue_seconds_count",
        "frontdesk_inference_seconds_sum",
        "frontdesk_inference_seconds_bucket{le=\"+Inf\"}",
        "frontdesk_batch_texts_sum",
        "frontdesk_requests_total{path=\"/api/v1/support/analyze\",status=\"200\"}",
        "frontdesk_request_seconds_count{path=\"/api/v1/support/analyze\"}",
    ];
    let before = get(&service, "/metrics").await;
    assert!(
        before.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("application/openmetrics-text")
    );
    for name in series {
        assert!(value(&before.text, name).abs() < f64::EPSILON, "{name}");
    }
    assert!(value(&before.text, "frontdesk_overloaded_total").abs() < f64::EPSILON);
    post(&service, "/api/v1/support/analyze", "{\"text\": \"How do I export to PDF?\"}").await.json();
    let after = get(&service, "/metrics").await.text;
    for name in series {
        assert!(value(&after, name) > 0.0, "{name}");
    }
    assert!((value(&after, "frontdesk_tokens_total") - 9.0).abs() < f64::EPSILON);
}

#[tokio::test]
async fn the_document_has_every_path_and_the_page_asks_nobody_else() {
    let service = service();
    let document = get(&service, "/api/openapi.json").await.json();
    for (path, schema) in [
        ("/api/v1/support/route", "RouteRequest"),
        ("/api/v1/support/sentiment", "TextRequest"),
        ("/api/v1/support/category", "TextRequest"),
        ("/api/v1/support/analyze", "Ticket"),
        ("/api/v1/support/analyze/batch", "BatchRequest"),
    ] {
        let body =
            &document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        assert_eq!(body, &json!(format!("#/components/schemas/{schema}")), "{path}");
        assert!(document["components"]["schemas"][schema]["properties"].is_object(), "{schema}");
    }
    for path in ["/api/v1/info", "/health/live", "/health/ready", "/metrics"] {
        assert!(document["paths"][path]["get"].is_object(), "{path}");
    }
    let mut references = Vec::new();
    collect(&document, &mut references);
    for reference in references {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name} is nowhere");
    }
    let page = get(&service, "/api/docs").await;
    assert!(page.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    assert!(
        !page.text.contains("http://")
            && !page.text.contains("https://")
            && page.text.contains("openapi.json")
    );
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| collect(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}
