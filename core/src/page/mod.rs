//! Pages and cards from templates, which escape all values: labels and texts come from users'
//! files.

use std::borrow::Cow;
use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{
    AutoEscape, Environment, Error as Fault, Output, State, UndefinedBehavior, escape_formatter,
};
use serde::Serialize;

use crate::readable::readable;
use crate::{Error, ErrorKind, Result};

/// The style sheet of every page.
pub(crate) const STYLE: &str = include_str!("page.css");

const MARKDOWN: &str = "markdown";

/// Fills a template with the values of its names. The ending of `name`, `.html` or `.md`, decides what is
/// escaped.
///
/// # Errors
/// `internal`, where the template has a name without a value.
pub(crate) fn render(name: &str, template: &str, context: impl Serialize) -> Result<String> {
    let rendered = environment(name, template)
        .and_then(|all| all.get_template(name)?.render(Value::from(Serde(context))));
    rendered.map_err(|e| Error::new(ErrorKind::Internal, format!("{name}: {e}")).with_source(e))
}

fn environment<'a>(name: &'a str, template: &'a str) -> std::result::Result<Environment<'a>, Fault> {
    let mut all = Environment::new();
    all.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?;
    all.set_syntax(syntax);
    all.set_auto_escape_callback(|name| {
        let is_markdown = Path::new(name).extension().is_some_and(|ending| ending == "md");
        if is_markdown { AutoEscape::Custom(MARKDOWN.into()) } else { AutoEscape::Html }
    });
    all.set_formatter(escaped);
    all.add_filter("figure", figure);
    all.add_filter("interval", interval);
    all.add_filter("percent", percent);
    all.add_template(name, template)?;
    Ok(all)
}

fn escaped(
    output: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> std::result::Result<(), Fault> {
    let markdown = matches!(state.auto_escape(), AutoEscape::Custom(name) if name == MARKDOWN);
    if markdown {
        return output.write_str(&in_markdown(&readable(&value.to_string()))).map_err(Fault::from);
    }
    // What is marked as safe is markup of ours.
    match value.as_str().filter(|_| !value.is_safe()).map(readable) {
        Some(Cow::Owned(shown)) => escape_formatter(output, state, &Value::from(shown)),
        _ => escape_formatter(output, state, value),
    }
}

/// A text as Markdown shows it letter by letter, on one line.
fn in_markdown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' => shown.push(' '),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' | '$'
            | '!' => {
                shown.extend(['\\', letter]);
            }
            _ => shown.push(letter),
        }
    }
    shown
}

/// A figure with three decimals.
fn figure(value: &Value) -> std::result::Result<String, Fault> {
    if value.is_none() || value.is_undefined() {
        return Ok("–".to_owned());
    }
    Ok(format!("{:.3}", f64::try_from(value.clone())?))
}

/// A figure with its interval.
fn interval(value: &Value) -> std::result::Result<String, Fault> {
    let part = |name: &str| figure(&value.get_attr(name)?);
    Ok(format!("{} ({} to {})", part("value")?, part("low")?, part("high")?))
}

/// A share as a style sheet has it.
fn percent(value: f64) -> String {
    format!("{:.1}%", value * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_be_markup_in_markdown() {
        let hostile = "<script>|# *a* [b](javascript:c)\n\n`d`";
        assert_eq!(in_markdown(hostile), r"\<script\>\|\# \*a\* \[b\](javascript:c)  \`d\`");
    }
}
