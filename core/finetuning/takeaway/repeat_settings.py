"""The settings of this run"""

BASE = "base"  # a folder beside this file, or a name on the Hugging Face Hub
REVISION = None  # of the Hub's copy; None is the newest
LABELS = ["no", "yes"]
MULTI_LABEL = False  # whether an example may have several classes at once
SEED = 42
NUM_TRAIN_EPOCHS = 300
LEARNING_RATE = 0.001
WEIGHT_DECAY = 1.0
EARLY_STOPPING_PATIENCE = 25
MAX_SEQ_LENGTH = 128
ACCURACY = 0.0  # what the run reached on its held-out examples
