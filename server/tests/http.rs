//! The service through its router: every endpoint, every kind of error, the metrics and the document.

mod common;

use axum::http::{StatusCode, header};
use common::{engine, get, post, service};
use frontdesk::{Engine, EngineOptions, ErrorKind, Ticket, from_json};
use frontdesk_server::{ServerOptions, app, status};
use serde_json::{Value, json};

/// snake_case keys, as the contract's data has them.
fn snake(value: Value) -> Value {
    let names = [
        ("urgencyLevel", "urgency_level"),
        ("recommendedRoute", "recommended_route"),
        ("alternativeRoutes", "alternative_routes"),
        ("wouldChange", "would_change"),
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

/// Scores as the f32 that they are, in its bits.
fn narrowed(value: Value) -> Value {
    match value {
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, narrowed(value))).collect(),
        Value::Array(values) => values.into_iter().map(narrowed).collect(),
        Value::Number(number) if number.is_f64() => (number.as_f64().unwrap() as f32).to_bits().into(),
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
        assert_eq!(narrowed(expected), narrowed(case["answer"].clone()), "{}", case["name"]);
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
    assert_eq!((&info["model"]["name"], &info["maxTokens"]), (&json!("frontdesk-small"), &json!(512)));
    assert_eq!(get(&service, "/health/live").await.status, StatusCode::OK);
    assert_eq!(get(&service, "/health/ready").await.status, StatusCode::OK);
}

#[test]
fn every_kind_of_error_has_a_status() {
    for &kind in ErrorKind::ALL {
        assert!(status(kind).is_client_error() || status(kind).is_server_error(), "{kind}");
    }
    let codes: std::collections::BTreeSet<_> = ErrorKind::ALL.iter().copied().map(ErrorKind::code).collect();
    assert_eq!(codes.len(), ErrorKind::ALL.len());
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
        let kind = ErrorKind::ALL.iter().copied().find(|kind| kind.code() == code).unwrap();
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
    let ticket = "#/components/schemas/Ticket";
    let analyze = &document["paths"]["/api/v1/support/analyze"]["post"]["requestBody"];
    assert_eq!(analyze["content"]["application/json"]["schema"]["$ref"], ticket);
    let forms = document["components"]["schemas"]["Ticket"]["oneOf"].as_array().unwrap();
    assert_eq!(forms[0]["type"], "string", "a ticket may be its text alone");
    assert_eq!(forms[1]["$ref"], "#/components/schemas/TicketFields");
    for (path, item) in document["paths"].as_object().unwrap() {
        let operation = item.get("post").or(item.get("get")).unwrap();
        for (status, response) in operation["responses"].as_object().unwrap() {
            for kind in response["content"].as_object().into_iter().flat_map(serde_json::Map::keys) {
                let problem = kind == "application/problem+json";
                assert_eq!(problem, status.starts_with(['4', '5']), "{path} {status}: {kind}");
            }
        }
    }
    // An answer without an output is one of its own form: nothing but the reasons.
    let forms = &document["components"]["schemas"]["Part_SentimentAnalysis"]["oneOf"];
    assert_eq!(forms[1]["$ref"], "#/components/schemas/Withheld");
    let withheld = &document["components"]["schemas"]["Withheld"];
    assert_eq!(
        (&withheld["required"], &withheld["additionalProperties"]),
        (&json!(["abstain"]), &json!(false))
    );
    assert_eq!(document["components"]["securitySchemes"]["key"]["scheme"], "bearer");
    assert_eq!(document["security"], json!([{}, { "key": [] }]), "a key may be asked for");
    for open in ["/health/live", "/health/ready"] {
        assert_eq!(document["paths"][open]["get"]["security"], json!([{}]), "{open}");
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

#[tokio::test]
async fn what_the_document_allows_is_taken_and_the_rest_is_refused() {
    let service = service();
    let [route, text, analyze] =
        ["/api/v1/support/route", "/api/v1/support/sentiment", "/api/v1/support/analyze"];
    let batch = "/api/v1/support/analyze/batch";
    for (path, body) in [
        (route, json!({ "issue": "a", "context": null, "urgency": null, "customerHistory": null })),
        (route, json!({ "issue": "a", "context": { "agents": { "co-browse": 1.0 }, "available": null } })),
        (batch, json!({ "tickets": ["a"], "context": null })),
        (analyze, json!({ "text": null, "subject": "a", "body": null })),
        (analyze, json!({ "text": "a", "subject": null, "customerHistory": {} })),
        (analyze, json!({ "body": "a" })),
    ] {
        let reply = post(&service, path, body.to_string()).await;
        assert_eq!(reply.status, StatusCode::OK, "{body}: {}", reply.text);
    }
    for (path, body) in [
        (route, json!(["a", null, null, {}])),
        (route, json!({ "issue": "a", "context": [] })),
        (route, json!({ "issue": "a", "customerHistory": [[], null, []] })),
        (text, json!(["a"])),
        (batch, json!([["a"]])),
        (batch, json!({ "tickets": ["a"], "context": [] })),
        (analyze, json!(["a"])),
        (analyze, json!({ "text": "a", "subject": "b" })),
        (analyze, json!({ "text": "a", "customerHistory": [[]] })),
        (analyze, json!({})),
    ] {
        post(&service, path, body.to_string()).await.problem(400, "invalid-input");
    }
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
