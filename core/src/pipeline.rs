//! A ticket through every step of the flow.

use std::collections::BTreeSet;

use crate::decode::{self, EmotionsHead, SentimentHead, TypedHead};
use crate::forward::{Interrupted, Logits, Model};
use crate::route::{self, Signals};
use crate::tokenize::Encoding;
use crate::{
    Abstain, AbstainReason, Analysis, Category, CategoryAnalysis, Error, LongText, Result, SentimentAnalysis,
    Ticket, Usage,
};

const SENTIMENT: &str = "sentiment";
const CATEGORY: &str = "category";
const ROUTE: &str = "route";

/// The heads of a whole bundle.
pub(crate) const WHOLE: [&str; 4] = [SENTIMENT, "emotions", "urgency", CATEGORY];

/// The models and what is made of them.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) model: Model,
    shape: Shape,
    outputs: BTreeSet<String>,
    long_text: LongText,
}

/// What a model's heads add up to.
#[derive(Debug)]
enum Shape {
    /// All four heads: sentiment, category and route.
    Whole(Box<Whole>),
    /// Each head by itself.
    Tasks,
}

#[derive(Debug)]
struct Whole {
    sentiment: SentimentHead,
    emotions: EmotionsHead,
    category: TypedHead<Category>,
    /// The heads' places, in the order of [`WHOLE`].
    heads: [usize; 4],
    /// Reads the sentiment in the place of the bundle's own head.
    sentiment_model: Option<Model>,
}

impl Pipeline {
    pub(crate) fn new(
        model: Model,
        sentiment_model: Option<Model>,
        outputs: &[String],
        long_text: LongText,
    ) -> Result<Self> {
        let places = WHOLE.map(|name| model.head(name));
        let shape = if let [Some(sentiment), Some(emotions), Some(urgency), Some(category)] = places {
            decode::check_urgency(&model.heads[urgency])?;
            let sentiment_head = match &sentiment_model {
                None => SentimentHead::new(&model.heads[sentiment])?,
                Some(other) => {
                    SentimentHead::new(&other.heads[0]).map_err(|e| e.context(&other.info.name))?
                }
            };
            Shape::Whole(Box::new(Whole {
                sentiment: sentiment_head,
                emotions: EmotionsHead::new(&model.heads[emotions])?,
                category: TypedHead::new(&model.heads[category])?,
                heads: [sentiment, emotions, urgency, category],
                sentiment_model,
            }))
        } else if sentiment_model.is_some() {
            let message =
                "a sentiment model takes the place of a bundle's sentiment head; this model is a single task";
            return Err(Error::invalid("sentiment_model", message));
        } else {
            Shape::Tasks
        };
        let mut pipeline = Self { model, shape, outputs: BTreeSet::new(), long_text };
        pipeline.outputs = pipeline.chosen(outputs)?;
        Ok(pipeline)
    }

    /// The names of the outputs that this pipeline can give.
    pub(crate) fn known_outputs(&self) -> Vec<String> {
        match &self.shape {
            Shape::Whole(_) => [SENTIMENT, CATEGORY, ROUTE].map(str::to_owned).to_vec(),
            Shape::Tasks => self.model.heads.iter().map(|head| head.name.clone()).collect(),
        }
    }

    fn chosen(&self, outputs: &[String]) -> Result<BTreeSet<String>> {
        let known = self.known_outputs();
        if let Some(unknown) = outputs.iter().find(|output| !known.contains(output)) {
            let message = format!("this model has no output `{unknown}`; known: {}", known.join(", "));
            return Err(Error::invalid("outputs", message));
        }
        Ok(if outputs.is_empty() { known } else { outputs.to_vec() }.into_iter().collect())
    }

    /// Analyzes tickets, in their order. `outputs` empty: those that the engine was opened with.
    pub(crate) fn analyze(
        &self,
        tickets: &[Ticket],
        outputs: &[String],
        interrupted: Interrupted<'_>,
    ) -> Result<Vec<Analysis>> {
        let own;
        let outputs = if outputs.is_empty() {
            &self.outputs
        } else {
            own = self.chosen(outputs)?;
            &own
        };
        let at =
            |index: usize, e: Error| if tickets.len() > 1 { e.context(format!("ticket {index}")) } else { e };
        let texts: Vec<String> = tickets
            .iter()
            .enumerate()
            .map(|(i, t)| t.message().map_err(|e| at(i, e)))
            .collect::<Result<_>>()?;
        let encode = |model: &Model| -> Result<Vec<Encoding>> {
            let encode = |(i, text): (usize, &String)| {
                model.tokenizer.encode(text, self.long_text).map_err(|e| at(i, e))
            };
            texts.iter().enumerate().map(encode).collect()
        };
        let encodings = encode(&self.model)?;
        // A text of spaces or control characters has no token beside the two special ones.
        let full: Vec<usize> = (0..tickets.len()).filter(|&index| encodings[index].ids.len() > 2).collect();
        let run = |model: &Model, encodings: &[Encoding], heads: &[usize]| {
            let full: Vec<&Encoding> = full.iter().map(|&index| &encodings[index]).collect();
            model.logits(&full, heads, interrupted)
        };

        let mut answers: Vec<Answer> = vec![Answer::default(); tickets.len()];
        match &self.shape {
            Shape::Tasks => {
                let heads: Vec<usize> = (0..self.model.heads.len())
                    .filter(|&i| outputs.contains(&self.model.heads[i].name))
                    .collect();
                for (&index, logits) in full.iter().zip(run(&self.model, &encodings, &heads)?) {
                    answers[index] = self.tasks(&heads, &logits);
                }
            }
            Shape::Whole(whole) => {
                let routed = outputs.contains(ROUTE);
                let sentiment = match &whole.sentiment_model {
                    Some(model) if routed || outputs.contains(SENTIMENT) => {
                        Some(run(model, &encode(model)?, &[0])?)
                    }
                    _ => None,
                };
                let logits = run(&self.model, &encodings, &whole.heads)?;
                for (row, (&index, logits)) in full.iter().zip(logits).enumerate() {
                    let replaced = sentiment.as_ref().map(|rows| rows[row][0].as_slice());
                    answers[index] = self.whole(whole, &logits, replaced);
                }
                for ((answer, ticket), text) in answers.iter_mut().zip(tickets).zip(&texts) {
                    answer.route = routed.then(|| {
                        let signals = Signals {
                            sentiment: answer.sentiment.as_ref(),
                            category: answer.category.as_ref(),
                        };
                        route::decide(text, ticket.urgency, ticket.customer_history.as_ref(), signals)
                    });
                }
            }
        }
        let finish = |((ticket, encoding), answer): ((&Ticket, Encoding), Answer)| {
            self.finish(ticket, &encoding, answer, outputs)
        };
        Ok(tickets.iter().zip(encodings).zip(answers).map(finish).collect())
    }

    fn tasks(&self, heads: &[usize], logits: &Logits) -> Answer {
        let mut answer = Answer::default();
        for (&index, logits) in heads.iter().zip(logits) {
            let head = &self.model.heads[index];
            let task = decode::task(head, logits);
            answer.abstain.extend(decode::low_confidence(head, &head.name, task.result.score));
            answer.tasks.push(task);
        }
        answer
    }

    fn whole(&self, whole: &Whole, logits: &Logits, replaced: Option<&[f32]>) -> Answer {
        let [sentiment, emotions, _, category] = whole.heads.map(|index| &self.model.heads[index]);
        let (sentiment_head, sentiment_logits) = match (&whole.sentiment_model, replaced) {
            (Some(model), Some(logits)) => (&model.heads[0], logits),
            _ => (sentiment, logits[0].as_slice()),
        };
        let polarity = whole.sentiment.decode(sentiment_head, sentiment_logits);
        let category_answer = decode::category(&whole.category, category, &logits[3]);
        let mut answer = Answer::default();
        answer.abstain.extend(decode::low_confidence(sentiment_head, SENTIMENT, polarity.1));
        answer.abstain.extend(decode::low_confidence(category, CATEGORY, category_answer.score));
        let emotions = whole.emotions.decode(emotions, &logits[1]);
        answer.sentiment = Some(decode::sentiment(polarity, emotions, decode::urgency_level(&logits[2])));
        answer.category = Some(category_answer);
        answer
    }

    /// Keeps what was asked for, and says where there was nothing to read.
    fn finish(
        &self,
        ticket: &Ticket,
        encoding: &Encoding,
        answer: Answer,
        outputs: &BTreeSet<String>,
    ) -> Analysis {
        let empty = encoding.ids.len() <= 2;
        let abstain = if empty {
            let reason = AbstainReason::Empty;
            self.known_outputs().into_iter().map(|output| Abstain { output, reason }).collect()
        } else {
            answer.abstain
        };
        let wanted = |output: &str| outputs.contains(output);
        Analysis {
            id: ticket.id.clone(),
            sentiment: answer.sentiment.filter(|_| wanted(SENTIMENT)),
            category: answer.category.filter(|_| wanted(CATEGORY)),
            route: answer.route,
            tasks: answer.tasks,
            abstain: abstain.into_iter().filter(|abstain| wanted(&abstain.output)).collect(),
            usage: Usage {
                tokens: if empty { 0 } else { encoding.ids.len() },
                truncated: encoding.truncated,
            },
            model: self.model.info.clone(),
        }
    }
}

/// What is known of one ticket before it is put together.
#[derive(Debug, Clone, Default)]
struct Answer {
    sentiment: Option<SentimentAnalysis>,
    category: Option<CategoryAnalysis>,
    route: Option<crate::RouteAnalysis>,
    tasks: Vec<crate::TaskAnalysis>,
    abstain: Vec<Abstain>,
}
