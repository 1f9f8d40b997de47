"""A table of words."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from emg_feedback.views.console import theme

ROW_PX = 40
MARGIN_PX = (32, 16)  # of a cell, left and right, above and below


class Table(QTableWidget):
    """A table to be read; rows are tall, and its texts change in place.

    What is too long for the first column goes on in a second line.
    """

    def __init__(self, heads: list[str], stretch: int = 0) -> None:
        super().__init__(0, len(heads))
        self._shown: tuple[list[list[str]], list[str] | None] | None = None
        self.setHorizontalHeaderLabels(heads)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        header.sectionResized.connect(self._on_width)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def show_rows(self, rows: list[list[str]], colours: list[str] | None = None) -> None:
        """Show rows of words; ``colours`` tint the second of each.

        A lone word is a heading, a lone word after an empty one a remark, each across the table.
        """
        if (rows, colours) == self._shown:
            return
        self._shown = (rows, colours)
        self.clearSpans()
        self.setRowCount(len(rows))
        for r, words in enumerate(rows):
            across = len(words) == 1 or (len(words) == 2 and words[0] == "")
            if across:
                self.setSpan(r, 0, 1, self.columnCount())
            for c, word in enumerate(words[-1:] if across else words):
                item = self.item(r, c)
                if item is None:
                    item = QTableWidgetItem()
                    self.setItem(r, c, item)
                if item.text() != word:
                    item.setText(word)
                if c == 1 and colours is not None:
                    item.setForeground(theme.colour(colours[r]))
                item.setFont(theme.font(19 if len(words) == 1 else 17, _weight(words)))

        self._fit_rows()

    def _on_width(self, section: int, _before: int, _now: int) -> None:
        if section == 0:
            self._fit_rows()

    def _fit_rows(self) -> None:
        """Give each row the height that its first words need."""
        wide, high = MARGIN_PX
        for r in range(self.rowCount()):
            across = self.columnSpan(r, 0) > 1
            room = (self.viewport().width() if across else self.columnWidth(0)) - wide
            item = self.item(r, 0)
            if item is not None:
                told = QFontMetrics(item.font()).boundingRect(
                    QRect(0, 0, room, 0), Qt.TextFlag.TextWordWrap, item.text()
                )
                self.setRowHeight(r, max(ROW_PX, told.height() + high))

    @property
    def content_px(self) -> int:
        """Return the height that shows all rows."""
        rows = sum(self.rowHeight(r) for r in range(self.rowCount()))
        return self.horizontalHeader().height() + rows + 2 * self.frameWidth()

    def words(self) -> list[list[str]]:
        """Return what is shown."""
        return [
            [item.text() if (item := self.item(r, c)) else "" for c in range(self.columnCount())]
            for r in range(self.rowCount())
        ]


def _weight(words: list[str]) -> QFont.Weight:
    return QFont.Weight.DemiBold if len(words) == 1 else QFont.Weight.Normal
