//! The likeness of a message to the customer's earlier issues, by the trunk's vectors of both.

use frontdesk_models::encoder::Stop;

use crate::model::forward::Model;
use crate::model::tokenize::Encoding;
use crate::route::COMPARED_BYTES;
use crate::{LongText, Result, TicketRef};

/// Earlier issues that are compared, the last ones.
const COMPARED: usize = 8;

/// Likeness up to which two texts are not the same issue, and from which they surely are; `repeats` in
/// benches measures how often texts of one and of two intents are found to be repeated.
const UNRELATED: f64 = 0.45;
const SAME: f64 = 0.75;

/// Returns how surely it does, 0 to 1; `None` where there is no earlier issue; `timeout` where `stop` ends it.
pub(crate) fn repeated(model: &Model, ticket: &TicketRef<'_>, stop: &Stop<'_>) -> Result<Option<f64>> {
    let Some(history) = ticket.history else { return Ok(None) };
    let last = history.previous_issues.iter().rev().take(COMPARED).map(String::as_str);
    let texts = std::iter::once(ticket.text.as_ref()).chain(last);
    let encode = |text: &str| {
        model.tokenizer.encode(&text[..text.floor_char_boundary(COMPARED_BYTES)], LongText::Head)
    };
    let encodings: Vec<Encoding> = texts.map(encode).collect::<Result<_>>()?;
    // A text with nothing to read has no token beside the two special ones.
    let readable = |encoding: &&Encoding| encoding.ids.len() > 2;
    let encodings: Vec<&Encoding> = encodings.iter().filter(readable).collect();
    if encodings.len() < 2 {
        return Ok(None);
    }
    let likeness = model.likeness(&encodings, stop)?;
    let most = likeness.into_iter().fold(f32::NEG_INFINITY, f32::max);
    Ok(Some(((f64::from(most) - UNRELATED) / (SAME - UNRELATED)).clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::backend::choose;
    use crate::model::bundle::Files;
    use crate::{CustomerHistory, DeviceChoice, ErrorKind, Precision, default_model_dir};

    #[test]
    fn a_comparison_that_nobody_waits_for_ends() {
        let backend = choose(DeviceChoice::Cpu, Precision::F32).unwrap().backend;
        let files = Files::directory(default_model_dir().unwrap());
        let model = Model::open(&files, &backend, None).unwrap();
        let history = CustomerHistory {
            previous_issues: vec!["The proof is wrong.".into()],
            ..CustomerHistory::default()
        };
        let ticket = TicketRef { history: Some(&history), ..TicketRef::new("The proof is wrong again.") };
        assert!(repeated(&model, &ticket, &Stop::never()).unwrap().unwrap() > 0.5);
        let error = repeated(&model, &ticket, &Stop::when(&|| true)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
    }
}
