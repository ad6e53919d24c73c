//! A ticket through every step of the flow.

mod decode;
mod repeat;

use std::collections::BTreeSet;
use std::sync::Arc;

use frontdesk_models::encoder::Stop;

use self::decode::{EmotionsHead, SentimentHead, TypedHead};
use self::repeat::repeated;
use crate::model::bundle::HeadMeaning;
use crate::model::forward::{HeadOutput, HeadOutputs, Model};
use crate::model::language::{Foreign, Languages};
use crate::model::tokenize::Encoding;
use crate::prepare::{Preparation, Removed, prepare};
use crate::quote::quoted;
use crate::route::{self, Repeats, Router, Signals};
use crate::{
    Abstain, AbstainReason, Analysis, AnalyzeOptions, Category, CategoryAnalysis, EngineOptions, Error,
    LongText, Result, RouteContext, SentimentAnalysis, TicketRef, Usage,
};

pub use self::decode::NEUTRAL_BAND;

const SENTIMENT: &str = "sentiment";
const CATEGORY: &str = "category";
const ROUTE: &str = "route";

/// The heads of a whole bundle.
pub(crate) const WHOLE: [&str; 4] = [SENTIMENT, "emotions", "urgency", CATEGORY];

/// The models, and the use of their outputs.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) model: Model,
    shape: Shape,
    outputs: Arc<Outputs>,
    prepare: Preparation,
    long_text: LongText,
    languages: Languages,
    router: Router,
    repeats: Repeats,
}

/// The names of the outputs that are wanted.
type Outputs = BTreeSet<String>;

/// The specification of one call.
#[derive(Debug)]
pub(crate) struct CallSpec {
    outputs: Arc<Outputs>,
    context: RouteContext,
}

impl CallSpec {
    fn wants(&self, output: &str) -> bool {
        self.outputs.contains(output)
    }
}

/// A stage of a ticket: a model, with the heads that are read.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    pub(crate) model: &'a Model,
    pub(crate) heads: Vec<usize>,
}

/// A ticket as the stages read it.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) encodings: Vec<Encoding>,
    pub(crate) usage: Usage,
}

/// The kind of answer that a model's heads form.
#[derive(Debug)]
enum Shape {
    /// All four heads: sentiment, category and route; any other head by itself.
    Whole(Box<Whole>),
    /// Each head by itself, by the places of those that answer.
    Tasks(Vec<usize>),
}

#[derive(Debug)]
struct Whole {
    sentiment: SentimentHead,
    emotions: EmotionsHead,
    category: TypedHead<Category>,
    /// The heads' places, in the order of [`WHOLE`].
    heads: [usize; 4],
    /// The places of the heads beside them.
    others: Vec<usize>,
    /// The model that reads the sentiment instead of the bundle's own head.
    sentiment_model: Option<Model>,
}

/// Checks that a head of this name can take its place among those of [`WHOLE`].
///
/// # Errors
/// `model-invalid` where its labels are not those of the place.
#[cfg(feature = "train")]
pub(crate) fn check_place(head: &crate::model::bundle::HeadMeaning) -> Result<()> {
    let [sentiment, emotions, urgency, category] = WHOLE;
    match head.name.as_str() {
        name if name == sentiment => SentimentHead::new(head).map(drop),
        name if name == emotions => EmotionsHead::new(head).map(drop),
        name if name == urgency => decode::check_urgency(head),
        name if name == category => TypedHead::<crate::Category>::new(head).map(drop),
        _ => Ok(()),
    }
}

impl Pipeline {
    pub(crate) fn new(model: Model, sentiment_model: Option<Model>, options: &EngineOptions) -> Result<Self> {
        let places = WHOLE.map(|name| model.head(name));
        let shape = if let [Some(sentiment), Some(emotions), Some(urgency), Some(category)] = places {
            decode::check_urgency(&model.heads[urgency])?;
            let sentiment_head = match &sentiment_model {
                None => SentimentHead::new(&model.heads[sentiment])?,
                Some(other) if other.heads.len() > 1 => {
                    let message = format!("{} has several heads; a sentiment model has one", other.info.name);
                    return Err(Error::invalid("sentiment_model", message));
                }
                Some(other) => {
                    SentimentHead::new(&other.heads[0]).map_err(|e| e.context(&other.info.name))?
                }
            };
            Shape::Whole(Box::new(Whole {
                sentiment: sentiment_head,
                emotions: EmotionsHead::new(&model.heads[emotions])?,
                category: TypedHead::new(&model.heads[category])?,
                heads: [sentiment, emotions, urgency, category],
                others: model
                    .answering()
                    .into_iter()
                    .filter(|place| !places.contains(&Some(*place)))
                    .collect(),
                sentiment_model,
            }))
        } else if sentiment_model.is_some() {
            let message =
                "a sentiment model takes the place of a bundle's sentiment head; this model is a single task";
            return Err(Error::invalid("sentiment_model", message));
        } else {
            Shape::Tasks(model.answering())
        };
        if matches!(shape, Shape::Tasks(_)) && !options.route.is_plain() {
            return Err(Error::invalid("route", "this model is a single task and routes nothing"));
        }
        let mut pipeline = Self {
            languages: Languages::new(&model.languages),
            model,
            shape,
            outputs: Arc::default(),
            prepare: options.prepare,
            long_text: options.long_text,
            router: options.route.router()?,
            repeats: options.route.repeats,
        };
        pipeline.outputs = Arc::new(pipeline.known_outputs().into_iter().collect());
        pipeline.outputs = pipeline.chosen(&options.outputs)?;
        Ok(pipeline)
    }

    /// Whether the model gives sentiment, category and route, and not all its heads one by one.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.shape, Shape::Whole(_))
    }

    /// Returns the treatment of a text that is longer than the model reads.
    #[cfg(feature = "archive")]
    pub(crate) fn long_text(&self) -> LongText {
        self.long_text
    }

    /// Returns the router, which decides the routes.
    #[cfg(feature = "archive")]
    pub(crate) fn router(&self) -> &Router {
        &self.router
    }

    /// The names of the outputs that this pipeline can give.
    pub(crate) fn known_outputs(&self) -> Vec<String> {
        let name = |place: usize| self.model.heads[place].name.clone();
        match &self.shape {
            Shape::Whole(whole) => {
                let typed = [SENTIMENT, CATEGORY, ROUTE].map(str::to_owned).into_iter();
                typed.chain(whole.others.iter().copied().map(name)).collect()
            }
            Shape::Tasks(heads) => heads.iter().copied().map(name).collect(),
        }
    }

    /// The outputs of one call. Empty: those that the engine was opened with.
    pub(crate) fn chosen(&self, outputs: &[String]) -> Result<Arc<Outputs>> {
        let known = self.known_outputs();
        if let Some(unknown) = outputs.iter().find(|output| !known.contains(output)) {
            let message =
                format!("this model has no output {}; known: {}", quoted(unknown), known.join(", "));
            return Err(Error::invalid("outputs", message));
        }
        if outputs.is_empty() {
            Ok(Arc::clone(&self.outputs))
        } else {
            Ok(Arc::new(outputs.iter().cloned().collect()))
        }
    }

    /// Returns the specification of a call.
    pub(crate) fn spec(&self, options: &AnalyzeOptions) -> Result<Arc<CallSpec>> {
        let outputs = self.chosen(&options.outputs)?;
        options.route.check()?;
        Ok(Arc::new(CallSpec { outputs, context: options.route.clone() }))
    }

    /// The models that a ticket passes through, in their order, each with the heads that are read.
    pub(crate) fn stages(&self) -> Vec<Stage<'_>> {
        match &self.shape {
            Shape::Tasks(heads) => vec![Stage { model: &self.model, heads: heads.clone() }],
            Shape::Whole(whole) => {
                let heads = [&whole.heads, whole.others.as_slice()].concat();
                let first = Stage { model: &self.model, heads };
                let second = whole.sentiment_model.as_ref().map(|model| Stage { model, heads: vec![0] });
                std::iter::once(first).chain(second).collect()
            }
        }
    }

    /// Returns the ticket as it is read, and the kinds of text that were removed from it; `None` where the
    /// options remove nothing.
    pub(crate) fn prepare<'a>(&self, ticket: TicketRef<'a>) -> (TicketRef<'a>, Option<Vec<Removed>>) {
        if self.prepare.is_none() {
            return (ticket, None);
        }
        let prepared = prepare(&ticket.text, &self.prepare);
        let (text, removed) = (prepared.text.into_owned(), prepared.removed);
        (TicketRef { text: text.into(), ..ticket }, Some(removed))
    }

    /// Refuses a ticket without text, or with more bytes than the model takes, before anything is tokenized.
    pub(crate) fn check(&self, ticket: &TicketRef<'_>) -> Result<()> {
        self.stages().iter().try_for_each(|stage| stage.model.tokenizer.check(&ticket.text))
    }

    /// The work of a ticket, in bytes that are read: those past the model's longest text are tokenized and
    /// not run, and count a sixty-fourth; every text has two special tokens.
    pub(crate) fn work(&self, ticket: &TicketRef<'_>) -> u64 {
        /// Bytes of a token, on the long side.
        const TOKEN: usize = 8;
        let (bytes, most) = (ticket.text.len(), self.model.tokenizer.max_tokens().saturating_mul(TOKEN));
        (bytes.min(most) + bytes / 64 + 2 * TOKEN) as u64
    }

    /// The encodings of one ticket, one for each stage that its outputs need; none for a text with nothing to
    /// read.
    pub(crate) fn encode(&self, ticket: &TicketRef<'_>, spec: &CallSpec) -> Result<Encoded> {
        let first = self.model.tokenizer.encode(&ticket.text, self.long_text)?;
        // A text of spaces or control characters has no token beside the two special ones.
        let empty = first.ids.len() <= 2;
        let tokens = if empty { 0 } else { first.ids.len() };
        let usage = Usage { tokens, truncated: first.truncated, removed: None };
        if empty {
            return Ok(Encoded { encodings: Vec::new(), usage });
        }
        let mut encodings = vec![first];
        if let Shape::Whole(whole) = &self.shape
            && let Some(model) = &whole.sentiment_model
            && (spec.wants(ROUTE) || spec.wants(SENTIMENT))
        {
            encodings.push(model.tokenizer.encode(&ticket.text, self.long_text)?);
        }
        let truncated = encodings.iter().any(|encoding| encoding.truncated);
        Ok(Encoded { encodings, usage: Usage { truncated, ..usage } })
    }

    /// The analysis of a ticket from the logits of its stages; of none where there was nothing to read.
    pub(crate) fn decode(
        &self,
        ticket: &TicketRef<'_>,
        usage: Usage,
        stages: &[HeadOutputs],
        spec: &CallSpec,
        stop: &Stop<'_>,
    ) -> Result<Analysis> {
        let mut answer = match (&self.shape, stages) {
            (_, []) => self.nothing(),
            (Shape::Tasks(heads), [logits, ..]) => {
                let mut answer = Answer::default();
                self.tasks(heads.iter().copied(), logits, &mut answer);
                answer
            }
            (Shape::Whole(whole), [logits, rest @ ..]) => {
                self.whole(whole, logits, rest.first().map(|stage| &stage[0]))
            }
        };
        if let [outputs, ..] = stages
            && self.is_foreign(&ticket.text, outputs)
        {
            answer.abstain.extend(self.abstain_from_all(AbstainReason::UnsupportedLanguage));
        }
        if self.is_whole() && spec.wants(ROUTE) {
            self.route(ticket, &spec.context, &mut answer, stop)?;
        }
        let wanted = |output: &str| spec.wants(output);
        Ok(Analysis {
            id: ticket.id.map(str::to_owned),
            sentiment: answer.sentiment.filter(|_| wanted(SENTIMENT)),
            category: answer.category.filter(|_| wanted(CATEGORY)),
            route: answer.route,
            tasks: answer.tasks.into_iter().filter(|task| wanted(&task.task)).collect(),
            abstain: answer.abstain.into_iter().filter(|abstain| wanted(&abstain.output)).collect(),
            usage,
            model: self.model.info.clone(),
        })
    }

    fn route(
        &self,
        ticket: &TicketRef<'_>,
        context: &RouteContext,
        answer: &mut Answer,
        stop: &Stop<'_>,
    ) -> Result<()> {
        let repeat = match self.repeats {
            Repeats::Meaning => repeated(&self.model, ticket, stop)?,
            Repeats::Words => None,
        };
        let signals = Signals { sentiment: answer.sentiment.as_ref(), category: answer.category.as_ref() };
        let input = route::RouteInput {
            id: ticket.id,
            text: &ticket.text,
            urgency: ticket.urgency,
            history: ticket.history,
            signals,
            repeat,
        };
        match self.router.decide(&input, context) {
            Ok(route) => answer.route = Some(route),
            Err(none) => {
                let (output, queue) = (ROUTE.to_owned(), Some(none.queue));
                answer.abstain.push(Abstain { output, reason: AbstainReason::NoRoute, queue });
            }
        }
        Ok(())
    }

    /// The answer for a text that holds nothing to read.
    fn nothing(&self) -> Answer {
        Answer { abstain: self.abstain_from_all(AbstainReason::Empty), ..Answer::default() }
    }

    /// Whether a text is in a language that the model does not know. Of a few words that look like it, the
    /// detector of texts outside has to agree; without a detector they count as known.
    fn is_foreign(&self, text: &str, outputs: &HeadOutputs) -> bool {
        match self.languages.judge(text) {
            Foreign::No => false,
            Foreign::Likely => {
                outputs.iter().any(|output| output.outside.is_some_and(|outside| outside > 0.5))
            }
            Foreign::Surely => true,
        }
    }

    fn abstain_from_all(&self, reason: AbstainReason) -> Vec<Abstain> {
        self.known_outputs().into_iter().map(|output| Abstain { output, reason, queue: None }).collect()
    }

    /// Adds the answers of single heads.
    fn tasks(&self, heads: impl Iterator<Item = usize>, outputs: &[HeadOutput], answer: &mut Answer) {
        for (place, output) in heads.zip(outputs) {
            let head = &self.model.heads[place];
            let task = decode::task(head, &output.logits);
            answer.abstain.extend(decode::abstentions(
                head,
                output,
                &head.name,
                answer_of(head, &task.result.label, task.result.score),
            ));
            answer.tasks.push(task);
        }
    }

    fn whole(&self, whole: &Whole, outputs: &HeadOutputs, replaced: Option<&HeadOutput>) -> Answer {
        let [sentiment, emotions, urgency, category] = whole.heads.map(|index| &self.model.heads[index]);
        let (sentiment_head, of_sentiment) = match (&whole.sentiment_model, replaced) {
            (Some(model), Some(output)) => (&model.heads[0], output),
            _ => (sentiment, &outputs[0]),
        };
        let polarity = whole.sentiment.decode(sentiment_head, &of_sentiment.logits);
        let category_answer = decode::category(&whole.category, category, &outputs[3].logits);
        let of_polarity = answer_of(sentiment_head, &polarity.0.to_string(), polarity.1);
        let of_category = answer_of(category, &category_answer.category.to_string(), category_answer.score);
        let mut answer = Answer::default();
        answer.abstain.extend(decode::abstentions(sentiment_head, of_sentiment, SENTIMENT, of_polarity));
        answer.abstain.extend(decode::abstentions(category, &outputs[3], CATEGORY, of_category));
        let emotions = whole.emotions.decode(emotions, &outputs[1].logits);
        let urgency = decode::urgency_level(urgency, &outputs[2].logits);
        answer.sentiment = Some(decode::sentiment(polarity, emotions, urgency));
        answer.category = Some(category_answer);
        self.tasks(whole.others.iter().copied(), &outputs[whole.heads.len()..], &mut answer);
        answer
    }
}

/// An answer as a head's thresholds see it.
fn answer_of(head: &HeadMeaning, label: &str, score: f32) -> (Option<usize>, f32) {
    (head.label(label), score)
}

/// The parts of one ticket's analysis before they are put together.
#[derive(Debug, Clone, Default)]
struct Answer {
    sentiment: Option<SentimentAnalysis>,
    category: Option<CategoryAnalysis>,
    route: Option<crate::RouteAnalysis>,
    tasks: Vec<crate::TaskAnalysis>,
    abstain: Vec<Abstain>,
}
