"""From samples to contractions: number and date the samples, filter them, decide."""
