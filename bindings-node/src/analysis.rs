//! One analysis.

use frontdesk::Category;
use serde_json::Value;

use crate::mirror::mirror;

mirror! {
    ["The engine's answer for one ticket, as the addon gives it, in JSON."]
    NativeAnalysis of [frontdesk::Analysis] {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: [Option<String>],
        #[serde(skip_serializing_if = "Option::is_none")]
        sentiment: [Option<SentimentAnalysis>],
        #[serde(skip_serializing_if = "Option::is_none")]
        category: [Option<CategoryAnalysis>],
        #[serde(skip_serializing_if = "Option::is_none")]
        route: [Option<RouteAnalysis>],
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[napi(ts_type = "Array<TaskAnalysis> | undefined")]
        tasks: [Vec<TaskAnalysis>],
        abstain: [Vec<Abstain>], usage: [Usage], model: [ModelInfo],
    }
    ["The customer's sentiment with its probability, 0 to 1, and the urgency, from 1 (nothing to do) to 10 (act now)."]
    SentimentAnalysis of [frontdesk::SentimentAnalysis] {
        #[napi(ts_type = "'positive' | 'neutral' | 'negative'")]
        sentiment: [String],
        score: [f64], emotions: [Emotions], urgency_level: [f64],
    }
    ["Four emotions, each with its own probability, 0 to 1; they do not add up to 1."]
    Emotions of [frontdesk::Emotions] { joy: [f64], anger: [f64], frustration: [f64], satisfaction: [f64], }
    ["The purpose of the message: the best label with its probability, 0 to 1, and all labels, best first."]
    CategoryAnalysis of [frontdesk::CategoryAnalysis] {
        #[napi(ts_type = "CategoryScore['label']")]
        category: [String],
        score: [f64], labels: [Vec<CategoryScore>],
    }
    ["A category with its probability."]
    CategoryScore of [frontdesk::LabelScore::<Category>] {
        #[napi(ts_type = "'approval' | 'revision' | 'question' | 'urgent' | 'technical' | 'general'")]
        label: [String],
        score: [f64],
    }
    ["The channel that should take a ticket, its share of those that the rules left, 0 to 1, the reasons, and the others of them, best first."]
    ["`contributions` are those of the features to the decision, the largest effect first; `wouldChange` is the one feature that could give it to the"]
    ["second best; `excluded` are the channels that a rule excluded. `propensity` and `explored` are there where the policy explores: the"]
    ["probability that this one had, and whether another has a better score. `record` is the input of the decision, to be handed back as it is."]
    RouteAnalysis of [frontdesk::RouteAnalysis] {
        #[napi(ts_type = "RouteScore['route']")]
        recommended_route: [String],
        confidence: [f64], reasoning: [String], alternative_routes: [Vec<RouteScore>],
        contributions: [Vec<Contribution>],
        #[serde(skip_serializing_if = "Option::is_none")]
        would_change: [Option<Reversal>],
        #[serde(skip_serializing_if = "Option::is_none")]
        excluded: [Option<Vec<Exclusion>>],
        #[serde(skip_serializing_if = "Option::is_none")]
        propensity: [Option<f64>],
        #[serde(skip_serializing_if = "Option::is_none")]
        explored: [Option<bool>],
        #[serde(skip_serializing_if = "Option::is_none")]
        shadow: [Option<Shadow>],
        #[serde(skip_serializing_if = "Option::is_none")]
        #[napi(ts_type = "Record<string, unknown>")]
        record: [Option<Value>],
    }
    ["A channel with its share."]
    RouteScore of [frontdesk::RouteScore] {
        #[napi(ts_type = "'ai-chatbot' | 'live-chat' | 'co-browse' | 'video-call'")]
        route: [String],
        score: [f64],
    }
    ["The contribution of one feature, or of `success` or `preference`, to the score of the recommended channel above the others; below 0 against it."]
    Contribution of [frontdesk::Contribution] { feature: [String], value: [f64], effect: [f64], }
    ["The one feature that would have to move least for another channel to win, and the value at which it does."]
    Reversal of [frontdesk::Reversal] {
        #[napi(ts_type = "RouteScore['route']")]
        route: [String],
        feature: [String], value: [f64], needed: [f64],
    }
    ["A channel that was excluded, and the first rule that did it."]
    Exclusion of [frontdesk::Exclusion] {
        #[napi(ts_type = "RouteScore['route']")]
        route: [String],
        #[napi(ts_type = "'unavailable' | 'closed' | 'no-agent' | 'no-consent' | 'need' | 'cap'")]
        rule: [String],
    }
    ["The choice of the shadow policy, where its rules leave a channel; `policy` is its SHA-256."]
    Shadow of [frontdesk::Shadow] {
        #[serde(skip_serializing_if = "Option::is_none")]
        #[napi(ts_type = "RouteScore['route']")]
        recommended_route: [Option<String>],
        #[serde(skip_serializing_if = "Option::is_none")]
        confidence: [Option<f64>],
        policy: [String],
    }
    ["The output of one head of a single-task model, with the task's name."]
    TaskAnalysis of [frontdesk::TaskAnalysis] { task: [String], result: [TaskResult], }
    ["The best label with its probability (for a regression: its value), and all labels, best first."]
    TaskResult of [frontdesk::TaskResult] { label: [String], score: [f64], labels: [Vec<LabelScore>], }
    ["A label with its probability (for a regression: its value)."]
    LabelScore of [frontdesk::LabelScore] { label: [String], score: [f64], }
    ["An output on which the engine abstains. Its scores are still given. A ticket for which no route is"]
    ["left for goes to the `queue`."]
    Abstain of [frontdesk::Abstain] {
        output: [String],
        #[napi(ts_type = "'low-confidence' | 'out-of-domain' | 'unsupported-language' | 'empty' | 'no-route'")]
        reason: [String],
        #[serde(skip_serializing_if = "Option::is_none")]
        queue: [Option<String>],
    }
    ["Tokens that the model read, and whether the text was cut; the kinds of text that were removed before it was read, where the engine does that."]
    Usage of [frontdesk::Usage] {
        tokens: [f64], truncated: [bool],
        #[serde(skip_serializing_if = "Option::is_none")]
        #[napi(ts_type = "Array<'html' | 'quotes' | 'forwards' | 'signature' | 'disclaimer'>")]
        removed: [Option<Vec<String>>],
    }
    ["The model that gave the analysis; the digest is the SHA-256 of its files."]
    ModelInfo of [frontdesk::ModelInfo] { name: [String], version: [String], digest: [String], }
}
