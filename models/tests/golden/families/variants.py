"""The tiny checkpoints that make.py draws: one row for each layout that a family's published checkpoints have.

Widths are odd on purpose: heads of 6, 10, 18 and 20 numbers fill no vector register.
"""
VOCABULARY = 64
# Variants that are also asked for one sequence longer than their buckets of distances tell apart.
LONG = {"mpnet", "mpnet-more-buckets", "deberta-v2-v3-base", "modernbert-published"}


def row(model_type, config, stored="float16", states=False, **renamed):
    """stored: the weights' type on disk; states: also record hidden states; renamed: keys of config.json to rewrite."""
    return {"model_type": model_type, "config": config, "stored": stored, "states": states, "renamed": renamed}


def bert(hidden=24, heads=4, **more):
    """What all of these share; positions are 40 and what the family adds in front."""
    return dict(vocab_size=VOCABULARY, hidden_size=hidden, num_hidden_layers=2, num_attention_heads=heads,
                intermediate_size=28, max_position_embeddings=40, pad_token_id=0) | more


def roberta(hidden=24, heads=4, **more):
    return bert(hidden, heads, **{"type_vocab_size": 1, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2,
                   "max_position_embeddings": 42, "layer_norm_eps": 1e-5} | more)


def mpnet(hidden=24, heads=4, **more):
    return bert(hidden, heads, **{"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "max_position_embeddings": 152,
                   "layer_norm_eps": 1e-5, "relative_attention_num_buckets": 32} | more)


def deberta(hidden=24, heads=4, **more):
    """As v3 base has it, with 8 buckets where it has 256."""
    return bert(hidden, heads, **{"type_vocab_size": 0, "layer_norm_eps": 1e-7, "relative_attention": True, "position_buckets": 8,
                   "max_relative_positions": -1, "max_position_embeddings": 40, "norm_rel_ebd": "layer_norm",
                   "share_att_key": True, "pos_att_type": ["p2c", "c2p"], "position_biased_input": False} | more)


def modernbert(hidden=24, heads=4, **more):
    return bert(hidden, heads, **{"num_hidden_layers": 3, "max_position_embeddings": 160, "local_attention": 8,
                   "global_attn_every_n_layers": 2, "pad_token_id": 5, "bos_token_id": 2, "cls_token_id": 2,
                   "eos_token_id": 3, "sep_token_id": 3} | more)


# What the published files of ModernBERT say and what transformers 5 writes in its place.
OLD_ROTARY = dict(rope_parameters=None, layer_types=None, global_attn_every_n_layers=2, global_rope_theta=160000.0,
                  local_rope_theta=10000.0, position_embedding_type="absolute", layer_norm_eps=1e-5,
                  reference_compile=True, repad_logits_with_grad=False)

VARIANTS = {
    "bert-gelu-new": row("bert", bert(hidden_act="gelu_new", layer_norm_eps=1e-5)),
    "bert-relu": row("bert", bert(30, 5, hidden_act="relu")),
    "bert-silu": row("bert", bert(40, 2, hidden_act="silu", type_vocab_size=3), states=True),
    "roberta": row("roberta", roberta(num_hidden_layers=3), "float32", True),
    "roberta-odd-heads": row("roberta", roberta(36, 2), layer_norm_eps=1e-12),
    "roberta-padding-at-zero": row("roberta", roberta(pad_token_id=0, max_position_embeddings=41)),
    "xlm-roberta": row("xlm-roberta", roberta(30, 5), states=True),
    "camembert": row("camembert", roberta()),
    "electra": row("electra", bert(embedding_size=16), states=True),
    "electra-same-width": row("electra", bert(30, 5, embedding_size=30)),
    "electra-wide-embedding": row("electra", bert(embedding_size=28, hidden_act="gelu_new")),
    "mpnet": row("mpnet", mpnet(), states=True),
    # transformers tells 32 kinds of distance apart whatever the config says: a longer table has rows that nothing reads.
    "mpnet-more-buckets": row("mpnet", mpnet(40, 2, relative_attention_num_buckets=40)),
    "mpnet-three-layers": row("mpnet", mpnet(30, 5, num_hidden_layers=3)),
    "deberta-v2-v3-base": row("deberta-v2", deberta(num_hidden_layers=3, max_position_embeddings=152), "float32", True,
                              pos_att_type="p2c|c2p", legacy=None),
    "deberta-v2-own-keys": row("deberta-v2", deberta(share_att_key=False)),
    "deberta-v2-c2p": row("deberta-v2", deberta(30, 5, pos_att_type=["c2p"])),
    "deberta-v2-p2c": row("deberta-v2", deberta(36, 2, pos_att_type=["p2c"])),
    "deberta-v2-own-keys-c2p": row("deberta-v2", deberta(share_att_key=False, pos_att_type=["c2p"])),
    "deberta-v2-own-keys-p2c": row("deberta-v2", deberta(share_att_key=False, pos_att_type=["p2c"])),
    "deberta-v2-no-kind": row("deberta-v2", deberta(pos_att_type=[], position_biased_input=True)),
    "deberta-v2-absolute": row("deberta-v2", deberta(position_biased_input=True, type_vocab_size=2), states=True),
    "deberta-v2-narrow-embedding": row("deberta-v2", deberta(embedding_size=16, position_biased_input=True)),
    "deberta-v2-every-distance": row("deberta-v2", deberta(position_buckets=-1)),
    "deberta-v2-short-span": row("deberta-v2", deberta(position_buckets=-1, max_relative_positions=12)),
    "deberta-v2-buckets-short-span": row("deberta-v2", deberta(max_relative_positions=16)),
    "deberta-v2-plain-distances": row("deberta-v2", deberta(norm_rel_ebd="none", pooler_hidden_act="relu")),
    "deberta-v2-no-distances": row("deberta-v2", deberta(relative_attention=False, position_biased_input=True)),
    "modernbert-published": row("modernbert", modernbert(num_hidden_layers=4), states=True, **OLD_ROTARY),
    "modernbert-mean": row("modernbert", modernbert(40, 2, classifier_pooling="mean"), states=True),
    "modernbert-biases": row("modernbert", modernbert(attention_bias=True, mlp_bias=True, norm_bias=True,
                                                      classifier_bias=True)),
    "modernbert-biases-published": row("modernbert", modernbert(30, 5, attention_bias=True, mlp_bias=True, norm_bias=True,
                                                                classifier_bias=True, classifier_pooling="mean"),
                                       **OLD_ROTARY | {"global_rope_theta": 20000.0, "local_rope_theta": 500.0}),
    "modernbert-every-third": row("modernbert", modernbert(36, 2, local_attention=7, hidden_activation="silu",
                                                           classifier_activation="relu", norm_eps=1e-3,
                                                           global_attn_every_n_layers=3, num_hidden_layers=4)),
}
