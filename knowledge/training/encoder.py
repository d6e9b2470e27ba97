"""Command: train the encoder that is shipped in `knowledge/encoder`, and calibrate the search for it.

    python -m knowledge.training.encoder [--output FOLDER] [--steps N] [--seed N] [--law FOLDER]

The encoder is a sentence-transformers StaticEmbedding: the mean of learned vectors of subwords. Its tokenizer (BPE)
is trained here too; while the vectors are learned, words are cut at random places, so that the parts that a misspelt
word or an unseen compound falls into mean something as well (BPE dropout would do the same, but takes no seed). One
step compares a question of every article with a question or sentence of the same article, all other articles being
the wrong answers (MultipleNegativesRankingLoss); questions for other offices and the field's synonyms are learned in
the same way, and, with a folder of laws, sentences of one paragraph. The evaluation's questions are never read.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge import ROOT
from knowledge.articles import Article, load_content
from knowledge.evaluation.report import BEGIN, END
from knowledge.evaluation.rows import EVALUATION_DAY
from knowledge.lists import read_lists
from knowledge.retrieval.engine import with_phrasings
from knowledge.training import calibration
from knowledge.training.variation import Variation

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

# Chosen on the development set by hit@1 of the fused search at 288 articles: 3,000 subwords and 1,000 steps 0.910,
# 2,000 steps 0.916, 6,000 subwords 0.920, both 0.930, 8,000 subwords with 384 dimensions no better and twice the
# size; a cut after one letter in twenty as good as in ten. At 100 articles the laws' text was no better than none, so
# that the shipped encoder needs nothing but this repository; a transformer of two layers from nothing 0.92 against
# 0.94, 15 times as slow.
VOCABULARY = 6000
DIMENSION = 256
CUTS = 0.1  # chance of a cut after each letter
STEPS = 2000
SEED = 1
UNKNOWN = "[UNK]"
LEARNING_RATE = 0.02
LAW_SENTENCES_A_STEP = 64
SYNONYMS_A_STEP = 64
_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+|\n+")
_MARKUP = re.compile(r"[*_#>|`]|\[|\]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Theme:
    """Texts that belong together: all of one article, or all of one paragraph of law."""

    questions: tuple[str, ...]
    sentences: tuple[str, ...]


def article_theme(article: Article) -> Theme:
    sentences = [*split_sentences(article.text), *split_sentences(article.easy), article.spoken]
    return Theme((article.title, *article.questions), tuple(sentences))


def law_themes(folder: Path) -> list[Theme]:
    """One theme for each paragraph with a heading and at least one sentence."""
    themes = []
    for path in sorted(folder.glob("*.md")):
        for section in re.split(r"^# ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            heading, _, text = section.partition("\n")
            title = heading.partition(" – ")[2] or heading
            sentences = [sentence[:300] for sentence in split_sentences(text) if "|" not in sentence]
            if heading.startswith("§") and sentences:
                themes.append(Theme((title,), tuple(sentences)))
    return themes


def split_sentences(text: str) -> list[str]:
    """The sentences of a Markdown text, without its marks."""
    cleaned = (" ".join(_MARKUP.sub(" ", part).split()) for part in _SENTENCE_END.split(text))
    return [part for part in cleaned if len(part.split()) >= 3]


def train_tokenizer(texts: Sequence[str], *, vocabulary: int = VOCABULARY) -> Tokenizer:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers  # noqa: PLC0415

    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    umlauts = [
        normalizers.Replace(umlaut, spelled) for umlaut, spelled in zip("äöüß", ("ae", "oe", "ue", "ss"), strict=True)
    ]
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Lowercase(), *umlauts, normalizers.NFD(), normalizers.StripAccents()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"[^a-z0-9§]+"), "removed"),
            pre_tokenizers.Split(Regex(r"\d+[a-z]?|§"), "isolated"),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=2,
        special_tokens=[UNKNOWN],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def train(
    articles: Sequence[Theme],
    elsewhere: Sequence[Theme],
    laws: Sequence[Theme],
    synonyms: dict[str, list[str]],
    *,
    seed: int,
    steps: int = STEPS,
    dimension: int = DIMENSION,
    vocabulary: int = VOCABULARY,
    cuts: float = CUTS,
) -> SentenceTransformer:
    """A trained model. The same seed and texts give the same model."""
    import torch  # noqa: PLC0415
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss  # noqa: PLC0415
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding  # noqa: PLC0415

    torch.manual_seed(seed)
    source = random.Random(seed)  # noqa: S311 (training, not secrets)
    articles = [*articles, *elsewhere]
    words = {word for theme in articles for text in theme.questions for word in re.findall(r"[a-zäöüß]+", text.lower())}
    vary = Variation(source, synonyms, words)
    # The words of the articles are few beside those of the laws; repeated, they become subwords of their own.
    texts = [text for theme in articles for text in (*theme.questions, *theme.sentences)] * 4
    texts += [text for theme in laws for text in (*theme.questions, *theme.sentences)]
    texts += [word for concept, expressions in synonyms.items() for word in (concept, *expressions)] * 4
    tokenizer = train_tokenizer(texts, vocabulary=vocabulary)
    embedding = StaticEmbedding(tokenizer, embedding_dim=dimension)
    with torch.no_grad():
        embedding.embedding.weight.mul_(0.1)
    model = SentenceTransformer(modules=[embedding], device="cpu")
    loss = MultipleNegativesRankingLoss(model, directions=("query_to_doc", "doc_to_query"))
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=LEARNING_RATE, total_steps=steps, pct_start=0.1)
    groups = [[concept, *expressions] for concept, expressions in synonyms.items() if expressions]
    started = time.monotonic()
    for step in range(steps):
        batches = [([_pair(theme, source, vary) for theme in articles], 1.0)]
        if laws:
            sample = source.sample(laws, min(LAW_SENTENCES_A_STEP, len(laws)))
            batches.append(([_law_pair(theme, source) for theme in sample], 0.3))
        if groups:
            sample_of_groups = source.sample(groups, min(SYNONYMS_A_STEP, len(groups)))
            batches.append(([_two(group, source) for group in sample_of_groups], 0.1))
        total = torch.zeros(())
        for batch, weight in batches:
            columns = [model.preprocess([_cut(pair[side], source, cuts) for pair in batch]) for side in (0, 1)]
            total = total + weight * loss(columns, None)
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        schedule.step()
        if (step + 1) % 250 == 0:
            print(f"step {step + 1}/{steps}: loss {total.item():.3f}, {time.monotonic() - started:.0f} s", flush=True)
    return model


def _pair(theme: Theme, source: random.Random, vary: Variation) -> tuple[str, str]:
    question = source.choice(theme.questions)
    if not theme.sentences or (source.random() < 0.65 and len(theme.questions) > 1):
        other = source.choice([text for text in theme.questions if text != question])
        return vary.of(question), vary.of(other) if source.random() < 0.5 else other
    return vary.of(question), source.choice(theme.sentences)


def _law_pair(theme: Theme, source: random.Random) -> tuple[str, str]:
    return source.choice((*theme.questions, *theme.sentences)), source.choice(theme.sentences)


def _cut(text: str, source: random.Random, chance: float) -> str:
    return "".join(letter + " " if letter.isalpha() and source.random() < chance else letter for letter in text)


def _two(group: Sequence[str], source: random.Random) -> tuple[str, str]:
    first, second = source.sample(group, 2)
    return first, second


def themes(tenant: str) -> tuple[list[Theme], list[Theme]]:
    """What the shipped encoder learns from: the articles of a tenant, and questions for other offices."""
    content = load_content(ROOT, tenant=tenant, today=EVALUATION_DAY)
    articles = with_phrasings(list(content.articles.values()), read_lists(ROOT / "phrasings"))
    elsewhere = read_lists(ROOT / "elsewhere.yml").values()
    return [article_theme(article) for article in articles], [Theme(tuple(texts), ()) for texts in elsewhere]


def card(
    model: SentenceTransformer, articles: Sequence[Theme], elsewhere: Sequence[Theme], seed: int, steps: int
) -> str:
    """The model card's recipe; `python -m knowledge.evaluation --card` adds the scores."""
    questions = sum(len(theme.questions) for theme in articles)
    sentences = sum(len(theme.sentences) for theme in articles)
    other = sum(len(theme.questions) for theme in elsewhere)
    size = sum(parameter.numel() for parameter in model.parameters())
    subwords = model.tokenizer.get_vocab_size()
    return f"""---
language: de
library_name: sentence-transformers
license: eupl-1.2
tags: [sentence-transformers, static-embedding, feature-extraction]
---
# Lotse encoder

Finds the article of a German job centre's knowledge base that answers a citizen's question. A sentence-transformers
`StaticEmbedding` of {size:,} parameters: {DIMENSION} dimensions, a BPE tokenizer of {subwords:,} subwords. Trained from
nothing on this repository's texts alone: no pretrained weights, no text of laws, no citizens' data.

## Use
`SentenceTransformer("knowledge/encoder")`, or through `knowledge.library.Library`, which fuses it with word search.
`calibration.json` holds the fusion's weights, the confidence and the thresholds fitted for this encoder.
It knows this field's vocabulary and nothing else: not a general encoder of German.

## Recipe
`python -m knowledge.training.encoder --seed {seed} --steps {steps}` (some two minutes on one core)

- data: {questions:,} questions and {sentences:,} sentences of {len(articles)} articles (front matter, text, Leichte
  Sprache, `phrasings/`), {other:,} questions for {len(elsewhere)} other offices and occasions (`elsewhere.yml`),
  `synonyms.yml`
- variation of every question: typing errors, spelling by ear, compounds written apart, ae for ä, missing words,
  synonyms, greetings; words cut at random
- loss: MultipleNegativesRankingLoss in both directions, one pair of every article a step
- the questions of `knowledge/evaluation` are not read for training; the development set chose the sizes and fitted
  `calibration.json`, the test set did neither

## Scores
{BEGIN}
{END}
"""


def main() -> None:
    import torch  # noqa: PLC0415

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "encoder")
    parser.add_argument("--law", type=Path, default=None, help="folder of laws in Markdown to learn from as well")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--tenant", default="musterkreis")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # sums in one order, so that a seed repeats a model
    articles, elsewhere = themes(arguments.tenant)
    laws = law_themes(arguments.law) if arguments.law else []
    synonyms = read_lists(ROOT / "synonyms.yml")
    model = train(articles, elsewhere, laws, synonyms, seed=arguments.seed, steps=arguments.steps)
    # The library would write a card of its own, with this machine's versions and examples nobody chose.
    model.save(str(arguments.output), create_model_card=False)
    text = card(model, articles, elsewhere, arguments.seed, arguments.steps)
    (arguments.output / "README.md").write_text(text, encoding="utf-8")
    calibration.write(arguments.output, tenant=arguments.tenant)


if __name__ == "__main__":
    main()
