//! Which of transformers' classes of tokenizers reads a checkpoint.

use serde::Deserialize;

/// A class of tokenizers, as transformers has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// `BertTokenizer`, of DistilBERT and ELECTRA too.
    Bert,
    /// `RobertaTokenizer`
    Roberta,
    /// `MPNetTokenizer`
    Mpnet,
    /// `XLMRobertaTokenizer`
    XlmRoberta,
    /// `CamembertTokenizer`
    Camembert,
    /// `DebertaV2Tokenizer`, of DeBERTa-v3 too.
    DebertaV2,
    /// `TokenizersBackend`, of no family: `tokenizer.json` as it is.
    Plain,
}

/// Classes that are written in Python, and so never read a `tokenizer.json`.
const PYTHON: [&str; 6] = [
    "BertJapaneseTokenizer",
    "BertweetTokenizer",
    "PhobertTokenizer",
    "XLMTokenizer",
    "FlaubertTokenizer",
    "CanineTokenizer",
];

/// A `config.json` or `tokenizer_config.json`, as far as it decides the class.
#[derive(Debug, Default, Deserialize)]
struct Names {
    #[serde(default)]
    tokenizer_class: Option<String>,
    #[serde(default)]
    model_type: Option<String>,
}

impl Class {
    /// The class that `tokenizer_config.json` names, else `config.json`, else that of the model's type.
    ///
    /// # Errors
    /// A file that is no JSON, or a class that is written in Python.
    pub(super) fn of(settings: Option<&[u8]>, config: &[u8]) -> Result<Self, String> {
        let names = |name: &str, json: &[u8]| -> Result<Names, String> {
            serde_json::from_slice(json).map_err(|e| format!("{name}: {e}"))
        };
        let settings = settings.map_or(Ok(Names::default()), |json| names(super::SETTINGS, json))?;
        let config = names("config.json", config)?;
        let of_type = Self::of_type(config.model_type.as_deref());
        // Transformers knows that the files of these models name a wrong class.
        if config.model_type.as_deref() == Some("modernbert") {
            return Ok(of_type);
        }
        let class = settings.tokenizer_class.or(config.tokenizer_class);
        let Some(class) = class.filter(|class| !class.is_empty()) else { return Ok(of_type) };
        let name = class.strip_suffix("Fast").unwrap_or(&class);
        if PYTHON.contains(&name) {
            return Err(format!(
                "tokenizer_class: `{name}` is a tokenizer in Python, which is not read; known: BertTokenizer, \
                 RobertaTokenizer, MPNetTokenizer, XLMRobertaTokenizer, CamembertTokenizer, DebertaV2Tokenizer, \
                 and with a tokenizer.json PreTrainedTokenizerFast"
            ));
        }
        Ok(match name {
            "BertTokenizer" | "DistilBertTokenizer" | "ElectraTokenizer" | "MobileBertTokenizer" => {
                Self::Bert
            }
            "RobertaTokenizer" | "LongformerTokenizer" | "BartTokenizer" => Self::Roberta,
            "MPNetTokenizer" => Self::Mpnet,
            "XLMRobertaTokenizer" => Self::XlmRoberta,
            "CamembertTokenizer" => Self::Camembert,
            "DebertaV2Tokenizer" => Self::DebertaV2,
            _ => Self::Plain,
        })
    }

    fn of_type(model_type: Option<&str>) -> Self {
        match model_type {
            Some("bert" | "distilbert" | "electra") => Self::Bert,
            Some("roberta") => Self::Roberta,
            Some("mpnet") => Self::Mpnet,
            Some("xlm-roberta") => Self::XlmRoberta,
            Some("camembert") => Self::Camembert,
            Some("deberta-v2") => Self::DebertaV2,
            _ => Self::Plain,
        }
    }

    /// The kind of model that the class builds; `None` where it takes what there is.
    pub(super) fn model(self) -> Option<&'static str> {
        match self {
            Self::Bert | Self::Mpnet => Some("WordPiece"),
            Self::Roberta => Some("BPE"),
            Self::XlmRoberta | Self::Camembert | Self::DebertaV2 => Some("Unigram"),
            Self::Plain => None,
        }
    }

    /// The class by its name in transformers.
    pub(super) fn named(self) -> &'static str {
        match self {
            Self::Bert => "a BertTokenizer",
            Self::Roberta => "a RobertaTokenizer",
            Self::Mpnet => "an MPNetTokenizer",
            Self::XlmRoberta => "an XLMRobertaTokenizer",
            Self::Camembert => "a CamembertTokenizer",
            Self::DebertaV2 => "a DebertaV2Tokenizer",
            Self::Plain => "a tokenizer of no family",
        }
    }
}
