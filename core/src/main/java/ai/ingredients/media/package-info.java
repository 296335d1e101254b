/**
 * Pictures in, videos out: photos read as the reference's {@code load_image} does and resized bit for bit as Pillow,
 * torchvision and OpenCV do where the reference uses each; frames as bytes, mp4 and PNG files written whole or not at
 * all, videos read frame by frame. OpenCV and ffmpeg are loaded only when a picture or a video is opened. Neighbours:
 * {@link ai.ingredients.tensor} below; the face package, pipeline, data and evaluation use it. The paper's clips (section
 * 4.1) are 49 frames of 720x480 at 8 fps.
 */
@NullMarked
package ai.ingredients.media;

import org.jspecify.annotations.NullMarked;
