#!/usr/bin/env python3
"""One end of a call of aiortc's.

    aiortc_end.py FOLDER calls|answers VOICE SECONDS [FRAMES_PER_S]

FOLDER is where both leave word for each other, VOICE a file, and with a number of frames there is a picture too.
"""

import asyncio
import json
import sys
from pathlib import Path

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaBlackhole, MediaPlayer


async def read(path: Path) -> RTCSessionDescription:
    while not path.exists():
        await asyncio.sleep(0.1)
    return RTCSessionDescription(**json.loads(path.read_text()))


async def write(path: Path, pc: RTCPeerConnection, description: RTCSessionDescription) -> None:
    await pc.setLocalDescription(description)
    half = path.with_suffix(".half")
    half.write_text(json.dumps({"sdp": pc.localDescription.sdp, "type": pc.localDescription.type}))
    half.rename(path)


async def main() -> None:
    folder, calls, seconds = Path(sys.argv[1]), sys.argv[2] == "calls", float(sys.argv[4])
    pc, ear = RTCPeerConnection(), MediaBlackhole()
    pc.on("track", ear.addTrack)
    pc.addTrack(MediaPlayer(sys.argv[3], loop=True).audio)
    if len(sys.argv) > 5:
        pc.addTrack(MediaPlayer(f"testsrc=size=320x240:rate={sys.argv[5]}", format="lavfi").video)
    if calls:
        await write(folder / "offer", pc, await pc.createOffer())
        await pc.setRemoteDescription(await read(folder / "answer"))
    else:
        await pc.setRemoteDescription(await read(folder / "offer"))
        await write(folder / "answer", pc, await pc.createAnswer())
    await ear.start()
    await asyncio.sleep(seconds)
    await pc.close()


asyncio.run(main())
