"""How the console looks: letters, colours and sizes of every widget, in one sheet."""

from importlib.resources import as_file, files

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from emg_feedback.views import palette
from emg_feedback.views.console.words import Light
from emg_feedback.views.painter import Colour
from emg_feedback.views.words import Place

FONT = "Source Sans Pro"
_WEIGHTS = ("Regular", "Semibold", "Bold")
TARGET_PX = 48  # the least height of what a gloved finger has to hit

GROUND, PANEL, TRACK = "#10171F", "#18222D", "#23303D"
LINE, FIELD = "#33424F", "#0C1218"
TEXT, QUIET, DIM = "#F4F6F8", "#B4C0CC", "#7C8894"
ACCENT, ACCENT_DARK, ON_ACCENT = "#56B4E9", "#2F7FB0", "#06121B"
DANGER, DANGER_DARK = "#D62839", "#A81C2B"
GOOD, WATCH, BAD = "#2CC995", "#F0E442", "#FF7A59"

LIGHTS = {Light.GOOD: GOOD, Light.WATCH: WATCH, Light.BAD: BAD, Light.NONE: DIM}


def colour(of: Colour | str, alpha: float = 1.0) -> QColor:
    """Return a colour of ours as Qt's."""
    made = QColor(of) if isinstance(of, str) else QColor.fromRgbF(*of)
    made.setAlphaF(made.alphaF() * alpha)
    return made


PLACES = {place: colour(palette.PLACES[place]) for place in Place}


def font(size_px: float, weight: QFont.Weight = QFont.Weight.DemiBold) -> QFont:
    """Return our letters, ``size_px`` an em."""
    made = QFont(FONT)
    made.setPixelSize(max(1, round(size_px)))
    made.setWeight(weight)
    return made


def dress(application: QApplication) -> None:
    """Give the application its letters and its looks."""
    for weight in _WEIGHTS:
        name = f"SourceSansPro-{weight}.ttf"
        with as_file(files("font_source_sans_pro").joinpath("files", name)) as path:
            QFontDatabase.addApplicationFont(str(path))
    application.setStyle("Fusion")
    application.setFont(font(17, QFont.Weight.Normal))
    colours = QPalette()
    for role, code in (
        (QPalette.ColorRole.Window, GROUND),
        (QPalette.ColorRole.WindowText, TEXT),
        (QPalette.ColorRole.Base, FIELD),
        (QPalette.ColorRole.Text, TEXT),
        (QPalette.ColorRole.Button, TRACK),
        (QPalette.ColorRole.ButtonText, TEXT),
        (QPalette.ColorRole.Highlight, ACCENT_DARK),
        (QPalette.ColorRole.HighlightedText, TEXT),
        (QPalette.ColorRole.PlaceholderText, DIM),
    ):
        colours.setColor(role, QColor(code))
    application.setPalette(colours)


# For a window that is complete: Qt reads a sheet anew for whatever moves into another widget.
SHEET = f"""
QWidget {{ color: {TEXT}; font-size: 17px; }}
QMainWindow, QWidget#ground {{ background: {GROUND}; }}
QFrame#card {{ background: {PANEL}; border-radius: 12px; }}
QWidget#rail {{ background: {FIELD}; }}
QWidget#foot {{ background: {FIELD}; }}
QLabel {{ background: transparent; }}
QLabel[kind="title"] {{ font-size: 32px; font-weight: 700; }}
QLabel[kind="lead"] {{ font-size: 19px; color: {QUIET}; }}
QLabel[kind="head"] {{ font-size: 20px; font-weight: 600; }}
QLabel[kind="quiet"] {{ color: {QUIET}; }}
QLabel[kind="small"] {{ font-size: 15px; color: {QUIET}; }}
QLabel[kind="fine"] {{ font-size: 14px; color: {QUIET}; }}
QLabel[kind="column"] {{ font-size: 15px; font-weight: 600; color: {QUIET}; }}
QLabel[kind="caution"] {{ font-size: 15px; font-weight: 600; color: {WATCH}; }}
QLabel[kind="big"] {{ font-size: 40px; font-weight: 700; }}
QLabel[kind="phase"] {{ font-size: 34px; font-weight: 700; }}
QLabel[state="paused"] {{ color: {BAD}; }}
QLabel[state="reached"] {{ color: {GOOD}; }}
QLabel[kind="good"] {{ color: {GOOD}; font-weight: 600; }}
QLabel[kind="watch"] {{ color: {WATCH}; font-weight: 600; }}
QLabel[kind="bad"] {{ color: {BAD}; font-weight: 600; }}
QLabel[kind="warning"] {{
    background: #3A3413; color: {WATCH}; border-radius: 8px; padding: 12px 16px; font-weight: 600;
}}
QLabel[kind="refusal"] {{
    background: #42201A; color: #FFB8A5; border-radius: 8px; padding: 12px 16px; font-weight: 600;
}}
QLabel[kind="notice"] {{ font-size: 17px; font-weight: 600; padding: 0 4px; }}
QLabel[kind="notice"][state="refused"] {{ color: {BAD}; }}
QLabel[kind="notice"][state="done"] {{ color: {GOOD}; }}
QPushButton {{
    background: {TRACK}; border: 2px solid {TRACK}; border-radius: 10px; padding: 6px 18px;
    min-height: {TARGET_PX - 16}px; font-weight: 600;
}}
QPushButton:hover {{ background: {LINE}; border-color: {LINE}; }}
QPushButton:pressed {{ background: {DIM}; }}
QPushButton:focus {{ border-color: {ACCENT}; outline: none; }}
QPushButton:disabled {{ color: {DIM}; background: transparent; border-color: {TRACK}; }}
QPushButton:checked {{ background: {ACCENT_DARK}; border-color: {ACCENT_DARK}; }}
QPushButton[kind="main"] {{
    background: {ACCENT}; border-color: {ACCENT}; color: {ON_ACCENT}; font-size: 21px;
    min-height: 52px; padding: 6px 28px; font-weight: 700;
}}
QPushButton[kind="main"]:hover {{ background: #7CC6F0; border-color: #7CC6F0; }}
QPushButton[kind="main"]:focus {{ border-color: {TEXT}; }}
QPushButton[kind="main"]:disabled {{ background: {TRACK}; border-color: {TRACK}; color: {DIM}; }}
QPushButton[kind="main"][state="done"], QPushButton[kind="next"] {{
    background: {TRACK}; border-color: {TRACK}; color: {TEXT};
}}
QPushButton[kind="main"][state="done"]:disabled, QPushButton[kind="next"]:disabled {{
    color: {DIM};
}}
QPushButton[kind="main"][state="done"]:hover, QPushButton[kind="next"]:hover {{
    background: {LINE}; border-color: {LINE};
}}
QPushButton[kind="main"][state="done"]:focus, QPushButton[kind="next"]:focus {{
    border-color: {ACCENT};
}}
QPushButton[kind="next"][state="due"] {{
    background: {ACCENT}; border-color: {ACCENT}; color: {ON_ACCENT}; font-weight: 700;
}}
QPushButton[kind="next"][state="due"]:hover {{ background: #7CC6F0; border-color: #7CC6F0; }}
QPushButton[kind="next"][state="due"]:focus {{ border-color: {TEXT}; }}
QPushButton[kind="pain"] {{
    background: {DANGER}; border-color: {DANGER}; font-size: 24px; font-weight: 700;
}}
QPushButton[kind="pain"]:hover {{ background: #E5404F; border-color: #E5404F; }}
QPushButton[kind="pain"]:pressed {{ background: {DANGER_DARK}; }}
QPushButton[kind="stop"] {{ border-color: {DANGER}; font-size: 20px; }}
QPushButton[kind="pain"][state="idle"], QPushButton[kind="stop"][state="idle"] {{
    background: transparent; border-color: {DANGER_DARK}; color: {QUIET};
}}
QPushButton[kind="pain"][state="idle"]:hover, QPushButton[kind="stop"][state="idle"]:hover {{
    background: {TRACK};
}}
QPushButton[kind="pain"][state="idle"]:pressed, QPushButton[kind="stop"][state="idle"]:pressed {{
    background: {DANGER_DARK}; color: {TEXT};
}}
QPushButton[kind="resume"] {{
    background: {GOOD}; border-color: {GOOD}; color: {ON_ACCENT}; font-size: 20px;
    font-weight: 700;
}}
QPushButton[kind="resume"]:disabled {{
    background: transparent; border-color: {TRACK}; color: {DIM};
}}
QPushButton[kind="step"] {{
    background: transparent; border: none; border-left: 6px solid transparent; border-radius: 0;
    text-align: left; padding: 0; min-height: 64px; max-height: 64px;
}}
QPushButton[kind="step"]:hover {{ background: {PANEL}; }}
QPushButton[kind="step"]:checked {{ background: {TRACK}; border-left-color: {ACCENT}; }}
QPushButton[kind="step"]:focus {{ background: {PANEL}; }}
QPushButton[kind="choice"] {{ text-align: left; }}
QPushButton[kind="small"] {{ padding: 4px 12px; }}
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox {{
    background: {FIELD}; border: 2px solid {LINE}; border-radius: 8px; padding: 4px 10px;
    min-height: {TARGET_PX - 12}px; selection-background-color: {ACCENT_DARK};
}}
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus {{
    border-color: {ACCENT};
}}
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {{
    color: {DIM}; background: {PANEL};
}}
QSpinBox, QDoubleSpinBox {{ padding: 4px 2px; font-size: 19px; }}
QDoubleSpinBox[kind="narrow"] {{ padding: 0; font-size: 17px; }}
QSpinBox::up-button, QDoubleSpinBox::up-button,
QSpinBox::down-button, QDoubleSpinBox::down-button {{ width: 0; border: none; }}
QComboBox::drop-down {{ width: 36px; border: none; }}
QComboBox QAbstractItemView {{
    background: {PANEL}; border: 2px solid {LINE}; selection-background-color: {ACCENT_DARK};
}}
QListWidget {{ background: {FIELD}; border: none; border-radius: 10px; outline: none; }}
QListWidget::item {{ border-bottom: 1px solid {PANEL}; padding: 0; }}
QListWidget::item:hover {{ background: {PANEL}; }}
QListWidget::item:selected {{ background: {TRACK}; border-left: 6px solid {ACCENT}; }}
QTableWidget {{
    background: {PANEL}; border: none; border-radius: 10px; gridline-color: transparent;
    outline: none; alternate-background-color: #1C2733;
}}
QTableWidget::item {{ padding: 0 10px; border: none; }}
QTableWidget::item:selected {{ background: {TRACK}; }}
QHeaderView::section {{
    background: {PANEL}; color: {QUIET}; border: none; border-bottom: 2px solid {LINE};
    padding: 8px 13px; font-size: 15px; font-weight: 600;
}}
QTableCornerButton::section {{ background: {PANEL}; border: none; }}
QScrollArea, QScrollArea > QWidget > QWidget#plain {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 14px; margin: 2px; }}
QScrollBar:horizontal {{ background: transparent; height: 14px; margin: 2px; }}
QScrollBar::handle {{
    background: {LINE}; border-radius: 5px; min-height: 44px; min-width: 44px;
}}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QToolTip {{ background: {TRACK}; color: {TEXT}; border: 1px solid {LINE}; padding: 6px; }}
"""
