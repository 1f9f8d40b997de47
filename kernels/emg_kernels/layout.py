"""Where the detector keeps what: rows of its state, entries of its settings, its memory."""

from emg_kernels.evidence import N_RATIOS

# Rows of the per-channel state.
PHASE = 0  # one of the four below
SINCE = 1  # samples since the phase began
ORDINARY = 2  # 1 while the channel rests and 2 while it contracts, with nothing special about it
REST_POWER = 3  # variance at rest, µV²; 0 while it is not known
SCATTER = 4  # squared coefficient of variation of the mean power of a block at rest
FREEDOM = 5  # how many independent samples a sample is worth at rest
LIMIT_UV = 6  # beyond this an error does not move the mains canceller
BLOCK_SUM, BLOCK_COUNT = 7, 8  # the block that is being gathered, in variances at rest
ERROR_UV = 9  # what the mains canceller learns from
FALL = 10  # evidence of rest
CONTRACTION_POWER = 11  # sum of squares since the onset was decided
AFTERGLOW = 12  # power that the filters may still give of the last contraction
LAST_EVENT = 13  # absolute sample of the last onset or offset, which no later one may precede
LOST = 14  # samples lost in a row
WAIT = 15  # samples until a doubtful burst is looked at again
DOUBT = 16  # samples for which bursts have been doubtful
KIND, START = 17, 18  # what explains the last burst, and from which sample on
CLOSER = 19  # not 0 if this sample wants a closer look
RISE = 20  # evidence of a contraction, one row for each ratio
# Of the mains; behind them those of mains that appeared just now, and those of a moment ago.
WEIGHTS = RISE + N_RATIOS

SETTLING, LEARNING, RESTING, CONTRACTING = 0.0, 1.0, 2.0, 3.0
SPECIAL, RESTS, CONTRACTS = 0.0, 1.0, 2.0
NOTHING, ARTEFACT, HEARTBEAT, MAINS = 0.0, 1.0, 2.0, 3.0

# Entries of the settings vector.
THRESHOLD = 0  # of the evidence
MOST_FREEDOM, MUSCLE_FREEDOM = 1, 2  # most that a sample is worth: by the band, and of muscle
FOLLOWING, TRACKING, FADING = 3, 4, 5  # of mains, rest level and afterglow; share a sample
FLOOR_POWER = 6  # least variance at rest, µV²
SAMPLE_RATE = 7  # Hz
N_APPEARING = 8  # lines of mains that may appear at once
# The others are in samples.
SETTLE, LEARN, BLOCK, MOST_LOST = 9, 10, 11, 12
LOOK_BACK, DATING_STEP = 13, 14
BURST, BEAT, TAIL = 15, 16, 17  # lengths: looked at, of a heartbeat, taken out of what follows
PATIENCE, RETRY, MOST_DOUBT, CALM = 18, 19, 20, 21
REACH, REFIT, SHORT_BURST = 22, 23, 24
N_SETTINGS = 25

# The memory of a channel holds LEARN samples without mains and artefacts, as a ring; then, TAIL
# samples long, what is being taken out; then the last heartbeat.
