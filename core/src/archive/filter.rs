//! Conditions on rows, as SQL writes them.

use std::cmp::Ordering;

use sqlparser::ast::{BinaryOperator, Expr, Ident, InTarget, UnaryOperator, Value};
use sqlparser::dialect::GenericDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::decimal::Decimal;
use crate::quote::quoted;
use crate::{Error, Result};

/// A condition on the columns of a row: comparisons, `AND`, `OR`, `NOT`, `IN`, `BETWEEN`, `LIKE` (`ILIKE`),
/// `IS NULL`.
///
/// Values are compared as decimal numbers of any length where both are numbers, else as texts, as with a text
/// in quotes always; dates of ISO 8601 compare well as texts. A missing value compares with nothing, as in
/// SQL. An empty field of a CSV is missing.
#[derive(Debug)]
pub(crate) struct Filter {
    condition: Condition,
    columns: Columns,
}

/// Conditions that may be joined by `AND` and `OR`: each makes parsing and evaluation one call deeper.
const JOINED: usize = 1000;

/// The columns of a condition, each with whether it is always in quotes.
type Columns = Vec<(String, bool)>;

#[derive(Debug)]
enum Condition {
    Compare(Term, BinaryOperator, Term),
    Like { term: Term, pattern: Vec<char>, negated: bool, any_case: bool },
    IsNull(Term, bool),
    And(Box<Condition>, Box<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
}

/// A column by its place among the filter's own, or a value.
#[derive(Debug, Clone)]
enum Term {
    Column(usize),
    Text(String),
    /// As it is written, and what it is.
    Number(String, Decimal),
    Missing,
}

impl Filter {
    /// # Errors
    /// `invalid-input` for a text that is not a condition, or one that is not supported.
    pub(crate) fn new(text: &str) -> Result<Self> {
        let wrong = |what: &dyn std::fmt::Display| {
            Error::invalid("where", format!("the condition {}: {what}", quoted(text)))
        };
        let tokens = Tokenizer::new(&GenericDialect {}, text).tokenize().map_err(|e| wrong(&e))?;
        if tokens.iter().filter(|token| is_joining(token)).count() > JOINED {
            let short: String = text.chars().take(60).collect();
            let message = format!(
                "the condition `{short}…` has more than {JOINED} AND and OR; IN takes a list of any length"
            );
            return Err(Error::invalid("where", message));
        }
        let mut parser = Parser::new(&GenericDialect {}).with_tokens(tokens);
        let expression = parser.parse_expr().map_err(|e| wrong(&e))?;
        if parser.peek_token().token != Token::EOF {
            return Err(wrong(&format!("`{}` is one thing too many", parser.peek_token())));
        }
        let mut columns = Vec::new();
        let condition = compile(&expression, &mut columns).map_err(|e| wrong(&e))?;
        Ok(Self { condition, columns })
    }

    /// The columns that it looks at.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// Whether a column is always in double quotes, as a text might be by mistake.
    pub(crate) fn is_quoted(&self, column: &str) -> bool {
        self.columns.iter().any(|(name, quoted)| name == column && *quoted)
    }

    /// Whether it holds for a row with these values of its columns.
    pub(crate) fn holds(&self, row: &[Option<String>]) -> bool {
        self.condition.holds(row) == Some(true)
    }
}

fn is_joining(token: &Token) -> bool {
    matches!(token, Token::Word(word) if matches!(word.keyword, Keyword::AND | Keyword::OR))
}

type Compiled<T> = std::result::Result<T, String>;

fn compile(expression: &Expr, columns: &mut Columns) -> Compiled<Condition> {
    Ok(match expression {
        Expr::Nested(inner) => compile(inner, columns)?,
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => Condition::Not(Box::new(compile(expr, columns)?)),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            Condition::And(Box::new(compile(left, columns)?), Box::new(compile(right, columns)?))
        }
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
            Condition::Any(vec![compile(left, columns)?, compile(right, columns)?])
        }
        Expr::BinaryOp { left, op, right } if is_comparison(op) => {
            Condition::Compare(term(left, columns)?, op.clone(), term(right, columns)?)
        }
        Expr::IsNull(inner) => Condition::IsNull(term(inner, columns)?, false),
        Expr::IsNotNull(inner) => Condition::IsNull(term(inner, columns)?, true),
        Expr::Between { expr, negated, low, high } => {
            let (value, low, high) = (term(expr, columns)?, term(low, columns)?, term(high, columns)?);
            let between = Condition::And(
                Box::new(Condition::Compare(value.clone(), BinaryOperator::GtEq, low)),
                Box::new(Condition::Compare(value, BinaryOperator::LtEq, high)),
            );
            negate(between, *negated)
        }
        Expr::In { expr, target: InTarget::List(list), negated, global: false } => {
            let value = term(expr, columns)?;
            let equal = |item: &Expr, columns: &mut Columns| {
                Ok::<_, String>(Condition::Compare(value.clone(), BinaryOperator::Eq, term(item, columns)?))
            };
            let any: Vec<Condition> =
                list.iter().map(|item| equal(item, columns)).collect::<Compiled<_>>()?;
            if any.is_empty() {
                return Err("a list with nothing in it".to_owned());
            }
            negate(Condition::Any(any), *negated)
        }
        Expr::Like { negated, any: false, expr, pattern, escape_char: None } => {
            like(expr, pattern, (*negated, false), columns)?
        }
        Expr::ILike { negated, any: false, expr, pattern, escape_char: None } => {
            like(expr, pattern, (*negated, true), columns)?
        }
        other => {
            return Err(format!(
                "`{other}` is not understood; known are comparisons, AND, OR, NOT, IN, BETWEEN, LIKE, ILIKE, IS NULL"
            ));
        }
    })
}

fn negate(condition: Condition, negated: bool) -> Condition {
    if negated { Condition::Not(Box::new(condition)) } else { condition }
}

fn like(
    expr: &Expr,
    pattern: &Expr,
    (negated, any_case): (bool, bool),
    columns: &mut Columns,
) -> Compiled<Condition> {
    let Term::Text(text) = term(pattern, columns)? else {
        return Err(format!("the pattern `{pattern}` is no text"));
    };
    let pattern = if any_case { text.to_lowercase() } else { text };
    Ok(Condition::Like { term: term(expr, columns)?, pattern: pattern.chars().collect(), negated, any_case })
}

fn is_comparison(op: &BinaryOperator) -> bool {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq)
}

fn term(expression: &Expr, columns: &mut Columns) -> Compiled<Term> {
    Ok(match expression {
        Expr::Nested(inner) => term(inner, columns)?,
        Expr::Identifier(Ident { value, quote_style, .. }) => {
            let quoted = *quote_style == Some('"');
            let place = columns.iter().position(|(column, _)| column == value).unwrap_or_else(|| {
                columns.push((value.clone(), quoted));
                columns.len() - 1
            });
            columns[place].1 &= quoted;
            Term::Column(place)
        }
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) => {
                let decimal = Decimal::read(number).ok_or_else(|| format!("`{number}` is no number"))?;
                Term::Number(number.clone(), decimal)
            }
            Value::SingleQuotedString(text) => Term::Text(text.clone()),
            Value::Boolean(value) => Term::Text(value.to_string()),
            Value::Null => Term::Missing,
            other => return Err(format!("`{other}` is no value that is known here")),
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match term(expr, columns)? {
            Term::Number(number, _) => {
                let number = format!("-{number}");
                let decimal = Decimal::read(&number).ok_or_else(|| format!("`{number}` is no number"))?;
                Term::Number(number, decimal)
            }
            _ => return Err(format!("`{expression}` is no number")),
        },
        other => return Err(format!("`{other}` is neither a column nor a value")),
    })
}

impl Condition {
    /// `None` where something is missing.
    fn holds(&self, row: &[Option<String>]) -> Option<bool> {
        match self {
            Self::Compare(left, op, right) => {
                let order = compare(left.value(row)?, right.value(row)?);
                Some(match op {
                    BinaryOperator::Eq => order == Ordering::Equal,
                    BinaryOperator::NotEq => order != Ordering::Equal,
                    BinaryOperator::Lt => order == Ordering::Less,
                    BinaryOperator::LtEq => order != Ordering::Greater,
                    BinaryOperator::Gt => order == Ordering::Greater,
                    _ => order != Ordering::Less,
                })
            }
            Self::Like { term, pattern, negated, any_case } => {
                let text = match term.value(row)? {
                    Operand::Column(text) | Operand::Text(text) | Operand::Number(text, _) if *any_case => {
                        text.to_lowercase()
                    }
                    Operand::Column(text) | Operand::Text(text) | Operand::Number(text, _) => text.to_owned(),
                };
                Some(matches(&text.chars().collect::<Vec<_>>(), pattern) != *negated)
            }
            Self::IsNull(term, negated) => Some(term.value(row).is_none() != *negated),
            Self::And(left, right) => match (left.holds(row), right.holds(row)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Any(all) => {
                let mut any = Some(false);
                for one in all {
                    match one.holds(row) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => any = None,
                    }
                }
                any
            }
            Self::Not(inner) => inner.holds(row).map(|holds| !holds),
        }
    }
}

#[derive(Clone, Copy)]
enum Operand<'a> {
    Column(&'a str),
    Text(&'a str),
    Number(&'a str, &'a Decimal),
}

impl Term {
    fn value<'a>(&'a self, row: &'a [Option<String>]) -> Option<Operand<'a>> {
        match self {
            Self::Column(place) => row.get(*place)?.as_deref().map(Operand::Column),
            Self::Text(text) => Some(Operand::Text(text)),
            Self::Number(text, number) => Some(Operand::Number(text, number)),
            Self::Missing => None,
        }
    }
}

fn compare(left: Operand<'_>, right: Operand<'_>) -> Ordering {
    use Operand::{Column, Number, Text};
    let numbers = match (left, right) {
        (Text(_), _) | (_, Text(_)) => None,
        (Number(_, left), Number(_, right)) => Some(left.cmp(right)),
        (Column(left), Number(_, right)) => Decimal::read(left).map(|left| left.cmp(right)),
        (Number(_, left), Column(right)) => Decimal::read(right).map(|right| left.cmp(&right)),
        (Column(left), Column(right)) => {
            Decimal::read(left).zip(Decimal::read(right)).map(|(l, r)| l.cmp(&r))
        }
    };
    let text = |operand| match operand {
        Column(text) | Text(text) | Number(text, _) => text,
    };
    numbers.unwrap_or_else(|| text(left).cmp(text(right)))
}

/// `%` matches any run of characters, `_` for one; in linear space and without going back more than one
/// `%`.
fn matches(text: &[char], pattern: &[char]) -> bool {
    let (mut at, mut of, mut last) = (0, 0, None);
    while at < text.len() {
        match pattern.get(of) {
            Some('%') => {
                last = Some((of + 1, at));
                of += 1;
            }
            Some(c) if *c == '_' || *c == text[at] => {
                at += 1;
                of += 1;
            }
            _ => match last {
                Some((after, from)) => {
                    (of, at) = (after, from + 1);
                    last = Some((after, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[of..].iter().all(|c| *c == '%')
}
