"""Settings, exercise protocols, and the errors a user can cause."""

from emg_config.errors import DeviceError, UserError
from emg_config.settings import ChainSettings

__all__ = ["ChainSettings", "DeviceError", "UserError"]
