"""The model and the text"""

from torch import Tensor
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from core.studies.takeaway.explain_settings import MAX_TOKENS, MODEL, REVISION, TARGET, TEXT

tokenizer = AutoTokenizer.from_pretrained(MODEL, revision=REVISION)
network = AutoModelForSequenceClassification.from_pretrained(MODEL, revision=REVISION, use_safetensors=True)
network.eval().requires_grad_(False)
embeddings = network.get_input_embeddings()
read = tokenizer(TEXT, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
input_ids, attention_mask = read["input_ids"], read["attention_mask"]  # (1, T) each
word_ids = read.word_ids(0)  # per token its word; None for the model's own marks


def forward(input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    """Logits (B, K) of tokens (B, T)."""
    return network(input_ids=input_ids, attention_mask=attention_mask).logits


print(f"The logit of class {TARGET} is {forward(input_ids, attention_mask)[0, TARGET]:.4f}.")
