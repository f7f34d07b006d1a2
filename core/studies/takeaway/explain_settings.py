"""The settings of this explanation"""

MODEL = "model"  # a folder beside this file, or a name on the Hugging Face Hub
REVISION = None  # of the Hub's copy; None is the newest
PICTURE = "input.png"
TEXT = "A text to explain."
MAX_TOKENS = 256  # of the text; the rest is not read
LABELS = ["good", "bad"]  # what texts are sorted into
SENTENCE = "This text is about {}."  # what each label is put in
SHARPNESS = 20.0  # logits are this times the cosine
TARGET = 0  # index of the class that is explained
BASELINE = "black"  # what means "nothing is here"
SEED = 0  # of the baseline "noise"
N_STEPS = 50  # points on the path
MORE = True  # whether to double them until the gap is below 1 %, up to 400
LAYER = "encoder"  # the layer whose maps are weighed
WINDOW = 48  # pixels, the side of the square that covers
STRIDE = 24  # pixels that it moves
GROUPS = [[1], [2, 3]]  # positions of the tokens that are hidden at once
HIDE = "pad"  # what hides a token: padding that the model does not see, or its mask token
