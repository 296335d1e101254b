/**
 * Pictures and videos: reading photos as the reference's {@code load_image} does, resizing them bit for bit as Pillow,
 * torchvision and OpenCV do where the reference uses each, writing PNG; and writing and reading video files. Neighbour
 * below: {@code tensor}. Paper section 3.1 (reference photos in, video out).
 */
@NullMarked
package ai.ingredients.media;

import org.jspecify.annotations.NullMarked;
