/**
 * Pictures in, videos out: frames as bytes, mp4 and PNG files written whole or not at all, videos read frame by frame.
 * ffmpeg's libraries are loaded only when a video is opened. Neighbours: {@link ai.ingredients.tensor} below; the
 * pipeline, data and evaluation use it. The paper's clips (section 4.1) are 49 frames of 720x480 at 8 fps.
 */
@NullMarked
package ai.ingredients.media;

import org.jspecify.annotations.NullMarked;
