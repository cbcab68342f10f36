"""PictureOutbox: the crossing to a sink that wants pixels, of which only a few may wait."""

from __future__ import annotations

from collections import Counter

from edgeinfer.core.frame import Frame
from edgeinfer.core.results import Event, Message, Result
from edgeinfer.runtime.outbox import Outbox


class PictureOutbox(Outbox):
    """Of at most `most_frames` frames the pixels lie here; messages of one frame share them.

    For one more, the oldest result goes. An event is not lost for a picture's sake: where no result
    is left, the oldest event waits on without its own.
    """

    def __init__(self, capacity: int, most_frames: int, *, patient: bool = False) -> None:
        super().__init__(capacity, patient=patient)
        self._most_frames = most_frames
        self._uses: Counter[Frame] = Counter()  # a frame is equal to itself alone

    # What lies here, and in which order: asked and changed under the lock.

    def _is_full(self, message: Message) -> bool:
        frames = self._uses.keys() | _with_pixels(message)
        return super()._is_full(message) or len(frames) > self._most_frames

    def _add(self, message: Message) -> None:
        if super()._is_full(message):
            self._count(self._messages.popleft(), -1)
            self.dropped += 1
        self._messages.append(message)
        self._count(message, 1)
        while len(self._uses) > self._most_frames:
            self._lighten()

    def _remove(self, message: Message) -> None:
        head = self._head()
        if head is message or _is_same_event(head, message):
            self._count(self._messages.popleft(), -1)
        else:
            super()._remove(message)

    def _give_up(self) -> None:
        super()._give_up()
        self._uses.clear()

    def _lighten(self) -> None:
        places = self._places()
        results = [place for place in places if isinstance(self._messages[place], Result)]
        place = (results or places)[-1]
        self._count(self._messages[place], -1)
        if results:
            del self._messages[place]
            self.dropped += 1
        else:
            self._messages[place] = self._messages[place].without_pixels()

    def _places(self) -> list[int]:
        """Of those with pixels, the newest first; the many that wait for long have none."""
        places = []
        left = self._uses.total()
        for place in range(len(self._messages) - 1, -1, -1):
            frames = _with_pixels(self._messages[place])
            if frames:
                places.append(place)
                left -= len(frames)
            if not left:
                break
        return places

    def _count(self, message: Message, by: int) -> None:
        for frame in _with_pixels(message):
            self._uses[frame] += by
            if not self._uses[frame]:
                del self._uses[frame]


def _with_pixels(message: Message) -> set[Frame]:
    match message:
        case Result(frame=frame):
            frames = {frame}
        case Event(result=result, shown=shown):
            frames = {result.frame, shown.frame}
        case _:
            frames = set()
    return {frame for frame in frames if frame.width_px}


def _is_same_event(one: Message | None, other: Message) -> bool:
    """One of them has perhaps lost its picture meanwhile."""
    return isinstance(one, Event) and isinstance(other, Event) and one.id == other.id
