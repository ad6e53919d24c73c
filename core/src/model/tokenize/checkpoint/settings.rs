//! `tokenizer_config.json`, and the older `special_tokens_map.json` and `added_tokens.json`.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use super::given::Given;
use super::{ADDED_TOKENS, SETTINGS, SPECIAL_TOKENS};
use crate::model::tokenize::parts::AddedToken;

/// The named special tokens, in the order in which they are added.
pub(super) const NAMES: [&str; 7] =
    ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];
const EXTRA: &str = "extra_special_tokens";
const ADDITIONAL: &str = "additional_special_tokens";
/// Tokens that the files may add; those in use add some hundred.
const MAX_TOKENS: usize = 1 << 14;
/// A limit on the tokens of a text over which it stands for none: what transformers writes is 1e30.
const NO_LIMIT: f64 = 1e15;

#[derive(Debug, Default)]
pub(super) struct Settings {
    /// `tokenizer_config.json`, with `special_tokens_map.json` over it.
    fields: Map<String, Value>,
    /// The fields of the older file.
    earlier: HashSet<String>,
    named: BTreeMap<String, Option<Given>>,
    /// Named tokens that only this checkpoint has, such as `image_token`.
    own_named: Vec<(String, Given)>,
    /// Tokens by their ids: what the files state, else those of `tokenizer.json`.
    pub(super) added: BTreeMap<u32, Given>,
    /// Further special tokens.
    pub(super) extra: Vec<Given>,
    /// Whether a file has a list of further special tokens.
    pub(super) has_extra: bool,
}

impl Settings {
    /// Reads the files, each with its name where it is there; `own` are the tokens of `tokenizer.json`.
    ///
    /// # Errors
    /// Names the file, the field and what is wrong with it.
    pub(super) fn read(files: [(&str, Option<&[u8]>); 3], own: &[AddedToken]) -> Result<Self, String> {
        let [fields, special, added] = files.map(|(name, json)| object(name, json));
        let (mut fields, special, added) = (fields?.unwrap_or_default(), special?, added?);
        // A later name of the same list.
        if !is_true(fields.get(EXTRA))
            && let Some(additional) = fields.remove(ADDITIONAL)
        {
            fields.insert(EXTRA.to_owned(), additional);
        }
        let mut settings = Self::default();
        let mut of_extra = Vec::new();
        if let Some(Value::Object(tokens)) = fields.get(EXTRA) {
            of_extra.extend(tokens.clone());
            fields.remove(EXTRA);
        }
        if let Some(stated) = fields.get("added_tokens_decoder") {
            settings.added = by_id(stated).map_err(|e| format!("{SETTINGS}: added_tokens_decoder: {e}"))?;
        } else {
            for (key, value) in special.unwrap_or_default() {
                match (key.as_str(), value) {
                    (EXTRA, Value::Object(tokens)) => of_extra.extend(tokens),
                    (EXTRA, Value::Array(tokens)) => {
                        let mut all =
                            fields.get(EXTRA).and_then(Value::as_array).cloned().unwrap_or_default();
                        all.extend(tokens.into_iter().map(as_special));
                        settings.earlier.insert(key.clone());
                        fields.insert(key, Value::Array(all));
                    }
                    (_, value) => {
                        settings.earlier.insert(key.clone());
                        fields.insert(key, as_special(value));
                    }
                }
            }
            settings.fields = fields;
            settings.read_tokens(&of_extra)?;
            settings.added = settings.added_earlier(added.unwrap_or_default(), own)?;
            return settings.finished();
        }
        settings.fields = fields;
        settings.read_tokens(&of_extra)?;
        settings.finished()
    }

    /// The named tokens and the further ones.
    fn read_tokens(&mut self, of_extra: &[(String, Value)]) -> Result<(), String> {
        let file = |key: &str| if self.earlier.contains(key) { SPECIAL_TOKENS } else { SETTINGS };
        let read =
            |key: &str, value: &Value| Given::read(value).map_err(|e| format!("{}: {key} {e}", file(key)));
        for (key, value) in &self.fields {
            if NAMES.contains(&key.as_str()) {
                let token = (!value.is_null()).then(|| read(key, value)).transpose()?;
                self.named.insert(key.clone(), token);
            } else if key.ends_with("_token") && (value.is_string() || value.get("__type").is_some()) {
                self.own_named.push((key.clone(), read(key, value)?));
            }
        }
        for (key, value) in of_extra {
            self.own_named.push((key.clone(), read(key, value)?));
        }
        let key = if self.fields.contains_key(EXTRA) { EXTRA } else { ADDITIONAL };
        match self.fields.get(key) {
            None => (),
            Some(Value::Null) => self.has_extra = key == EXTRA,
            Some(Value::Array(tokens)) => {
                self.has_extra = true;
                self.extra = tokens.iter().map(|token| read(key, token)).collect::<Result<_, _>>()?;
            }
            Some(_) => return Err(format!("{}: {key} is no list of tokens", file(key))),
        }
        let count = self.extra.len() + self.own_named.len();
        if count > MAX_TOKENS {
            return Err(format!("{SETTINGS}: {count} special tokens; at most {MAX_TOKENS}"));
        }
        Ok(())
    }

    /// `added_tokens.json`, and over it the tokens of `tokenizer.json`.
    fn added_earlier(
        &self,
        added: Map<String, Value>,
        own: &[AddedToken],
    ) -> Result<BTreeMap<u32, Given>, String> {
        let special = self.named.values().flatten().chain(&self.extra);
        let special: HashSet<&str> = special.map(|token| token.content.as_str()).collect();
        let mut tokens = BTreeMap::new();
        for (content, id) in added {
            let number = id.as_u64().and_then(|id| u32::try_from(id).ok());
            let number = number.ok_or_else(|| format!("{ADDED_TOKENS}: `{content}` has the id {id}"))?;
            let special = special.contains(content.as_str());
            tokens.insert(number, Given { special, plain: false, ..Given::plain(&content) });
        }
        tokens.extend(own.iter().map(|token| (token.id, Given::of(token))));
        Ok(tokens)
    }

    /// Gives named tokens the switches that they have among the added ones.
    fn finished(mut self) -> Result<Self, String> {
        if self.added.len() > MAX_TOKENS {
            return Err(format!("{} added tokens; at most {MAX_TOKENS}", self.added.len()));
        }
        for named in self.named.values_mut().flatten() {
            if let Some(token) = self.added.values().rev().find(|token| token.content == named.content) {
                *named = token.clone();
            }
        }
        if self.flag("split_special_tokens", false)? {
            return Err(format!(
                "{SETTINGS}: split_special_tokens is true; special tokens are always found in a text"
            ));
        }
        Ok(self)
    }

    /// A switch.
    ///
    /// # Errors
    /// It is neither true nor false.
    pub(super) fn flag(&self, field: &str, default: bool) -> Result<bool, String> {
        Ok(self.choice(field)?.unwrap_or(default))
    }

    /// A switch that may be left open.
    ///
    /// # Errors
    /// It is neither true nor false.
    pub(super) fn choice(&self, field: &str) -> Result<Option<bool>, String> {
        match self.fields.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => Err(format!("{SETTINGS}: {field} is {other}, and neither true nor false")),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// It is none, or negative.
    pub(super) fn number(&self, field: &str) -> Result<Option<usize>, String> {
        match self.fields.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_u64().and_then(|number| usize::try_from(number).ok()) {
                Some(number) => Ok(Some(number)),
                None => Err(format!("{SETTINGS}: {field} is {value}, which is no whole number")),
            },
        }
    }

    /// Tokens that a text may have, special tokens counted.
    ///
    /// # Errors
    /// It is no whole number over 0.
    pub(super) fn max_tokens(&self) -> Result<Option<usize>, String> {
        let field = if self.fields.contains_key("model_max_length") { "model_max_length" } else { "max_len" };
        if self.fields.get(field).and_then(Value::as_f64).is_some_and(|limit| limit >= NO_LIMIT) {
            return Ok(None);
        }
        match self.number(field)? {
            Some(0) => Err(format!("{SETTINGS}: {field} is 0")),
            limit => Ok(limit),
        }
    }

    /// The named tokens, those of `defaults` where no file says otherwise, in the order in which they are
    /// added.
    pub(super) fn named(&self, defaults: &[(&str, Given)]) -> Vec<(String, Given)> {
        let default = |name: &str| {
            let default = defaults.iter().find(|(default, _)| *default == name);
            default.map(|(_, token)| Given { stated: false, ..token.clone() })
        };
        let token = |name: &str| self.named.get(name).cloned().unwrap_or_else(|| default(name));
        let named = NAMES.into_iter().filter_map(|name| Some((name.to_owned(), token(name)?)));
        named.chain(self.own_named.iter().cloned()).collect()
    }
}

fn object(name: &str, json: Option<&[u8]>) -> Result<Option<Map<String, Value>>, String> {
    json.map(|json| serde_json::from_slice(json).map_err(|e| format!("{name}: {e}"))).transpose()
}

/// Tokens by ids that are texts.
fn by_id(tokens: &Value) -> Result<BTreeMap<u32, Given>, String> {
    let tokens = tokens.as_object().ok_or("is no object")?;
    let token = |(id, token): (&String, &Value)| {
        let number = id.trim().parse().map_err(|_| format!("`{id}` is no id"))?;
        let token = Given::read(token).map_err(|e| format!("`{id}` {e}"))?;
        if token.plain { Err(format!("`{id}` is a text alone")) } else { Ok((number, token)) }
    };
    tokens.iter().map(token).collect()
}

/// A token of `special_tokens_map.json` is special, whatever it says itself.
fn as_special(mut value: Value) -> Value {
    if let Some(token) = value.as_object_mut().filter(|token| token.contains_key("content")) {
        token.insert("special".to_owned(), Value::Bool(true));
        token.insert("__type".to_owned(), Value::String("AddedToken".to_owned()));
    }
    value
}

/// As Python sees it: neither missing, null nor empty.
fn is_true(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(map)) => !map.is_empty(),
        Some(_) => true,
    }
}
