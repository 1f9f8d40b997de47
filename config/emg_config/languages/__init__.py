"""What a patient reads, one TOML file a language; named by its code, such as ``en``."""
