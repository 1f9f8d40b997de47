"""A list of names, each with a line about it; quick to fill while somebody types."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from emg_feedback.views.console import theme

ROW_PX, HEAD_PX = 66, 40
LEFT_PX, RIGHT_PX = 16, 12
LARGEST_PX, SMALLEST_PX = 20, 14
_KEY, _ABOUT = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1


class NamedList(QListWidget):
    """Names to choose from, under headings."""

    def __init__(self) -> None:
        super().__init__()
        self.setItemDelegate(_Rows(self))

    def add_head(self, text: str) -> None:
        """Add a heading, which cannot be chosen."""
        item = self._add(text, HEAD_PX)
        item.setFlags(Qt.ItemFlag.NoItemFlags)

    def add_row(self, key: str, name: str, about: str) -> QListWidgetItem:
        """Add what can be chosen, and is told as ``key``."""
        item = self._add(name, ROW_PX)
        item.setData(_KEY, key)
        item.setData(_ABOUT, about)
        return item

    def key(self, row: int) -> str:
        """Return the key of a row; empty for a heading and where there is no row."""
        return key_of(self.item(row))

    def _add(self, text: str, height_px: int) -> QListWidgetItem:
        item = QListWidgetItem(text)
        item.setSizeHint(QSize(0, height_px))
        self.addItem(item)
        return item


def key_of(item: QListWidgetItem | None) -> str:
    """Return the key of an item; empty for a heading and for none."""
    return str(item.data(_KEY) or "") if item is not None else ""


class _Rows(QStyledItemDelegate):
    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw the row as the style sheet has it, and its words."""
        plain = QStyleOptionViewItem(option)
        self.initStyleOption(plain, index)
        name, plain.text = plain.text, ""
        shown = plain.widget
        shown.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, plain, painter, shown)
        box = plain.rect.adjusted(LEFT_PX, 0, -RIGHT_PX, 0)
        if index.data(_KEY) is None:
            _write(painter, box, name, theme.font(15), theme.QUIET)
            return
        upper, lower = box.adjusted(0, 7, 0, -30), box.adjusted(0, 36, 0, -7)
        _write(painter, upper, name, fitting_font(name, upper.width()), theme.TEXT)
        about = theme.font(15, QFont.Weight.Normal)
        _write(painter, lower, str(index.data(_ABOUT)), about, theme.QUIET)


def fitting_font(name: str, room_px: int) -> QFont:
    """Return the largest letters for a name in a row; a very long one will still be cut."""
    sizes = range(LARGEST_PX, SMALLEST_PX, -1)
    fonts = (theme.font(size) for size in sizes)
    fits = (one for one in fonts if QFontMetrics(one).horizontalAdvance(name) <= room_px)
    return next(fits, theme.font(SMALLEST_PX))


def _write(painter: QPainter, box: QRect, text: str, font: QFont, colour: str) -> None:
    painter.setFont(font)
    painter.setPen(theme.colour(colour))
    fitting = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, fitting)
