//! Conditions on rows, as SQL writes them.

mod like;

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use sqlparser::ast::{BinaryOperator, Expr, Ident, InTarget, UnaryOperator, Value};
use sqlparser::dialect::GenericDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use self::like::Pattern;
use super::decimal::Decimal;
use crate::quote::cut;
use crate::{Error, ErrorKind, Result};

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

/// Bytes of a condition, at most.
const BYTES: usize = 16 << 20;

/// Conditions that may be joined by `AND` and `OR`.
const JOINED: usize = 1_000;

/// Operators and words of a condition, at most; values of a list do not count. A tree of expressions is as
/// deep as there are operators in a row, and is dropped level by level.
const OPERATORS: usize = 5_000;

/// Bytes of the stack on which a condition is parsed: enough for its levels, whatever builds them.
const STACK: usize = 128 << 20;

/// Characters of a condition, and of what is wrong with it, that an error has.
const TOLD: usize = 60;
const TOLD_OF_FAULT: usize = 400;

/// The columns of a condition.
#[derive(Debug, Default)]
struct Columns {
    /// Each with whether it is always in quotes.
    names: Vec<(String, bool)>,
    places: HashMap<String, usize>,
}

#[derive(Debug)]
enum Condition {
    Compare(Term, BinaryOperator, Term),
    OneOf(usize, Values),
    Like(Term, Pattern),
    IsNull(Term),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
}

/// The values of a list, one of which a column has.
#[derive(Debug, Default)]
struct Values {
    texts: HashSet<String>,
    numbers: HashSet<Decimal>,
    /// Whether one is missing: then it is not known that a value is none of them.
    missing: bool,
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
    /// `invalid-input` for a text that is not a condition, or one that is not supported; `too-large` for one
    /// of more than 16 MiB.
    pub(crate) fn new(text: &str) -> Result<Self> {
        if text.len() > BYTES {
            let message = format!("the condition has {} bytes; it may have {BYTES}", text.len());
            return Err(Error::new(ErrorKind::TooLarge, message).at("where"));
        }
        std::thread::scope(|scope| {
            let parsing = std::thread::Builder::new().stack_size(STACK);
            let parsed = parsing
                .spawn_scoped(scope, || parse(text))
                .map_err(|e| Error::new(ErrorKind::Io, format!("a thread for the condition: {e}")))?;
            let parsed = parsed.join().unwrap_or_else(|_| Err("its parser gave up".to_owned()));
            let wrong = |what: String| {
                let (text, what) = (cut(text, TOLD), cut(&what, TOLD_OF_FAULT));
                Error::invalid("where", format!("the condition `{text}`: {what}"))
            };
            parsed.map_err(wrong)
        })
    }

    /// The columns that it looks at.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.names.iter().map(|(name, _)| name.as_str())
    }

    /// Whether a column is always in double quotes, as a text might be by mistake.
    pub(crate) fn is_quoted(&self, column: &str) -> bool {
        self.columns.places.get(column).is_some_and(|place| self.columns.names[*place].1)
    }

    /// Whether it holds for a row with these values of its columns.
    pub(crate) fn holds(&self, row: &[Option<String>]) -> bool {
        self.condition.holds(row) == Some(true)
    }
}

type Compiled<T> = std::result::Result<T, String>;

fn parse(text: &str) -> Compiled<Filter> {
    let tokens = Tokenizer::new(&GenericDialect {}, text).tokenize().map_err(|e| e.to_string())?;
    if tokens.iter().filter(|token| is_joining(token)).count() > JOINED {
        return Err(format!("it has more than {JOINED} AND and OR; IN takes a list of any length"));
    }
    let operators = operators(&tokens);
    if operators > OPERATORS {
        return Err(format!(
            "it has {operators} operators and words; it may have {OPERATORS} beside its values"
        ));
    }
    let mut parser = Parser::new(&GenericDialect {}).with_tokens(tokens);
    let expression = parser.parse_expr().map_err(|e| e.to_string())?;
    if parser.peek_token().token != Token::EOF {
        return Err(format!("`{}` is one thing too many", parser.peek_token()));
    }
    let mut columns = Columns::default();
    let condition = compile(&expression, &mut columns)?;
    Ok(Filter { condition, columns })
}

fn is_joining(token: &Token) -> bool {
    matches!(token, Token::Word(word) if matches!(word.keyword, Keyword::AND | Keyword::OR))
}

/// Counts what may make an expression deeper: all but values, and what begins an item of a list.
fn operators(tokens: &[Token]) -> usize {
    let (mut count, mut begins) = (0, true);
    for token in tokens.iter().filter(|token| !matches!(token, Token::Whitespace(_))) {
        let is_value = matches!(token, Token::Number(..) | Token::SingleQuotedString(_) | Token::Comma);
        count += usize::from(!is_value && !begins);
        begins = matches!(token, Token::Comma | Token::LParen);
    }
    count
}

/// The operands of a chain such as `a AND b AND c`.
fn chain<'a>(mut expression: &'a Expr, joint: &BinaryOperator) -> Vec<&'a Expr> {
    let mut operands = Vec::new();
    while let Expr::BinaryOp { left, op, right } = expression
        && op == joint
    {
        operands.push(right.as_ref());
        expression = left;
    }
    operands.push(expression);
    operands.reverse();
    operands
}

fn compile(expression: &Expr, columns: &mut Columns) -> Compiled<Condition> {
    Ok(match expression {
        Expr::Nested(inner) => compile(inner, columns)?,
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => Condition::Not(Box::new(compile(expr, columns)?)),
        Expr::BinaryOp { op: op @ (BinaryOperator::And | BinaryOperator::Or), .. } => {
            let operands = chain(expression, op).into_iter().map(|one| compile(one, columns));
            let operands = operands.collect::<Compiled<_>>()?;
            if *op == BinaryOperator::And { Condition::All(operands) } else { Condition::Any(operands) }
        }
        Expr::BinaryOp { left, op, right } if is_comparison(op) => {
            Condition::Compare(term(left, columns)?, op.clone(), term(right, columns)?)
        }
        Expr::IsNull(inner) => Condition::IsNull(term(inner, columns)?),
        Expr::IsNotNull(inner) => Condition::Not(Box::new(Condition::IsNull(term(inner, columns)?))),
        Expr::Between { expr, negated, low, high } => {
            let (value, low, high) = (term(expr, columns)?, term(low, columns)?, term(high, columns)?);
            let between = Condition::All(vec![
                Condition::Compare(value.clone(), BinaryOperator::GtEq, low),
                Condition::Compare(value, BinaryOperator::LtEq, high),
            ]);
            negate(between, *negated)
        }
        Expr::In { expr, target: InTarget::List(list), negated, global: false } => {
            negate(one_of(&term(expr, columns)?, list, columns)?, *negated)
        }
        Expr::Like { negated, any: false, expr, pattern, escape_char: None } => {
            negate(like(expr, pattern, false, columns)?, *negated)
        }
        Expr::ILike { negated, any: false, expr, pattern, escape_char: None } => {
            negate(like(expr, pattern, true, columns)?, *negated)
        }
        other => {
            return Err(format!(
                "`{}` is not understood; known are comparisons, AND, OR, NOT, IN, BETWEEN, LIKE, ILIKE, IS NULL",
                cut(&other.to_string(), TOLD)
            ));
        }
    })
}

fn negate(condition: Condition, negated: bool) -> Condition {
    if negated { Condition::Not(Box::new(condition)) } else { condition }
}

/// Values that a column is compared with are looked up, however many they are.
fn one_of(value: &Term, list: &[Expr], columns: &mut Columns) -> Compiled<Condition> {
    if list.is_empty() {
        return Err("a list with nothing in it".to_owned());
    }
    let (mut values, mut others) = (Values::default(), Vec::new());
    for item in list {
        match (value, term(item, columns)?) {
            (Term::Column(_), Term::Text(text)) => {
                values.texts.insert(text);
            }
            (Term::Column(_), Term::Number(_, number)) => {
                values.numbers.insert(number);
            }
            (Term::Column(_), Term::Missing) => values.missing = true,
            (_, item) => others.push(Condition::Compare(value.clone(), BinaryOperator::Eq, item)),
        }
    }
    if let Term::Column(place) = value {
        others.push(Condition::OneOf(*place, values));
    }
    Ok(Condition::Any(others))
}

fn like(expr: &Expr, pattern: &Expr, any_case: bool, columns: &mut Columns) -> Compiled<Condition> {
    let Term::Text(text) = term(pattern, columns)? else {
        return Err(format!("the pattern `{}` is no text", cut(&pattern.to_string(), TOLD)));
    };
    Ok(Condition::Like(term(expr, columns)?, Pattern::new(&text, any_case)?))
}

fn is_comparison(op: &BinaryOperator) -> bool {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq)
}

fn term(expression: &Expr, columns: &mut Columns) -> Compiled<Term> {
    let told = |expression: &Expr| cut(&expression.to_string(), TOLD).into_owned();
    Ok(match expression {
        Expr::Nested(inner) => term(inner, columns)?,
        Expr::Identifier(Ident { value, quote_style, .. }) => {
            Term::Column(columns.place(value, *quote_style == Some('"')))
        }
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) => self::number(number.clone())?,
            Value::SingleQuotedString(text) => Term::Text(text.clone()),
            Value::Boolean(value) => Term::Text(value.to_string()),
            Value::Null => Term::Missing,
            _ => return Err(format!("`{}` is no value that is known here", told(expression))),
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match term(expr, columns)? {
            Term::Number(number, _) => self::number(format!("-{number}"))?,
            _ => return Err(format!("`{}` is no number", told(expression))),
        },
        other => return Err(format!("`{}` is neither a column nor a value", told(other))),
    })
}

fn number(text: String) -> Compiled<Term> {
    let decimal = Decimal::read(&text).ok_or_else(|| format!("`{}` is no number", cut(&text, TOLD)))?;
    Ok(Term::Number(text, decimal))
}

impl Columns {
    fn place(&mut self, name: &str, quoted: bool) -> usize {
        let place = self.places.get(name).copied().unwrap_or_else(|| {
            self.names.push((name.to_owned(), quoted));
            self.places.insert(name.to_owned(), self.names.len() - 1);
            self.names.len() - 1
        });
        self.names[place].1 &= quoted;
        place
    }
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
            Self::OneOf(column, values) => values.have(row.get(*column)?.as_deref()?),
            Self::Like(term, pattern) => match term.value(row)? {
                Operand::Column(text) | Operand::Text(text) | Operand::Number(text, _) => {
                    Some(pattern.matches(text))
                }
            },
            Self::IsNull(term) => Some(term.value(row).is_none()),
            Self::All(all) => joined(all, row, false),
            Self::Any(any) => joined(any, row, true),
            Self::Not(inner) => inner.holds(row).map(|holds| !holds),
        }
    }
}

/// `decisive` where one of the conditions is; else unknown where one of them is unknown.
fn joined(conditions: &[Condition], row: &[Option<String>], decisive: bool) -> Option<bool> {
    let mut joined = Some(!decisive);
    for one in conditions {
        match one.holds(row) {
            Some(holds) if holds == decisive => return Some(decisive),
            Some(_) => {}
            None => joined = None,
        }
    }
    joined
}

impl Values {
    /// Whether a value of a column is one of them.
    fn have(&self, value: &str) -> Option<bool> {
        let number =
            || !self.numbers.is_empty() && Decimal::read(value).is_some_and(|n| self.numbers.contains(&n));
        if self.texts.contains(value) || number() {
            return Some(true);
        }
        (!self.missing).then_some(false)
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
