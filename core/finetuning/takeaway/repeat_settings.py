"""The settings of this run"""

BASE = "base"  # a folder beside this file, or a name on the Hugging Face Hub
REVISION = None  # of the Hub's copy; None is the newest
LABELS = ["no", "yes"]
SEED = 42
CLASS_WEIGHTS = False  # whether a mistake counts the more, the rarer its class
MAX_SEQ_LENGTH = 128
DEPTH = 6  # how many of the encoder's layers are used
BLOCKS = "encoder.blocks"  # where the network's blocks are
STEM = ["embeddings"]  # what comes before them
TOP = ["encoder.top_conv", "encoder.top_bn"]  # what follows them
HEAD_EPOCHS = 300  # at most, for the new layer
HEAD_LEARNING_RATE = 0.001
HEAD_WEIGHT_DECAY = 1.0
HEAD_PATIENCE = 25  # epochs without a new low of the validation loss
UNFROZEN_BLOCKS = 1  # how many of the last blocks learn
NUM_TRAIN_EPOCHS = 4  # for which the learning rate was planned
EPOCHS_RUN = 4  # until patience, or the visitor, ended it
BATCH_SIZE = 16
LEARNING_RATE = 0.0002
WEIGHT_DECAY = 0.01
WARMUP_RATIO = 0.1
LR_SCHEDULER_TYPE = "linear"
BF16 = False  # 16-bit arithmetic in training steps, where the processor is good at it
ACCURACY = 0.0  # what the run reached on its held-out examples
