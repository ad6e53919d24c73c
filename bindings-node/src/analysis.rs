//! One analysis.

use frontdesk::Category;

use crate::mirror::mirror;

mirror! {
    ["Everything that the engine says of one ticket, as the addon gives it, in JSON."]
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
    ["How the customer feels: the label with its probability, and how soon a person must act, from 1 to 10 (now)."]
    SentimentAnalysis of [frontdesk::SentimentAnalysis] {
        #[napi(ts_type = "'positive' | 'neutral' | 'negative'")]
        sentiment: [String],
        score: [f64], emotions: [Emotions], urgency_level: [f64],
    }
    ["Four emotions, each with its own probability; they do not add up to 1."]
    Emotions of [frontdesk::Emotions] { joy: [f64], anger: [f64], frustration: [f64], satisfaction: [f64], }
    ["What the sender wants done: the best label with its probability, and all labels, best first."]
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
    ["Which channel should take a ticket, its share of the four, why, and the other channels, best first."]
    RouteAnalysis of [frontdesk::RouteAnalysis] {
        #[napi(ts_type = "RouteScore['route']")]
        recommended_route: [String],
        confidence: [f64], reasoning: [String], alternative_routes: [Vec<RouteScore>],
    }
    ["A channel with its share."]
    RouteScore of [frontdesk::RouteScore] {
        #[napi(ts_type = "'ai-chatbot' | 'live-chat' | 'co-browse' | 'video-call'")]
        route: [String],
        score: [f64],
    }
    ["What one head of a single-task model says, with the task's name."]
    TaskAnalysis of [frontdesk::TaskAnalysis] { task: [String], result: [TaskResult], }
    ["The best label with its probability (for a regression: its value), and all labels, best first."]
    TaskResult of [frontdesk::TaskResult] { label: [String], score: [f64], labels: [Vec<LabelScore>], }
    ["A label with its probability (for a regression: its value)."]
    LabelScore of [frontdesk::LabelScore] { label: [String], score: [f64], }
    ["An output on which the engine does not commit itself. The scores are still there, for who wants them."]
    Abstain of [frontdesk::Abstain] {
        output: [String],
        #[napi(ts_type = "'low-confidence' | 'out-of-domain' | 'unsupported-language' | 'empty'")]
        reason: [String],
    }
    ["Tokens that the model read, and whether the text had more."]
    Usage of [frontdesk::Usage] { tokens: [f64], truncated: [bool], }
    ["What said so; the digest is that of its files."]
    ModelInfo of [frontdesk::ModelInfo] { name: [String], version: [String], digest: [String], }
}
