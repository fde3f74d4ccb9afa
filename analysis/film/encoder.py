"""Films as files: bit-exact and on one thread, so that the same pictures give the same bytes."""

from pathlib import Path
from typing import Any

import imageio_ffmpeg

EXACT = ["-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact"]
MP4 = ["-preset", "veryfast", "-crf", "20", *EXACT]
PALETTE = "split[a][b];[a]palettegen=max_colors=64[p];[b][p]paletteuse=dither=none"


def mp4(path: Path, size: tuple[int, int], fps: int) -> Any:
    """An open film, to which pictures are sent."""
    return _writer(path, size, fps, MP4, "libx264", "yuv420p")


def gif(path: Path, size: tuple[int, int], fps: int, width: int) -> Any:
    """The same as a GIF of that width, with a palette of its own."""
    scaled = f"[0:v]scale={width}:-1:flags=area,{PALETTE}"
    options = ["-filter_complex", scaled, "-loop", "0", *EXACT]
    return _writer(path, size, fps, options, "gif", "pal8")


def _writer(
    path: Path, size: tuple[int, int], fps: int, options: list[str], codec: str, pixels: str
) -> Any:
    """An open encoder that takes RGB pictures."""
    writer = imageio_ffmpeg.write_frames(
        str(path),
        size,
        fps=fps,
        codec=codec,
        pix_fmt_in="rgb24",
        pix_fmt_out=pixels,
        macro_block_size=1,
        output_params=options,
        ffmpeg_log_level="error",
        quality=None,
    )
    writer.send(None)
    return writer
