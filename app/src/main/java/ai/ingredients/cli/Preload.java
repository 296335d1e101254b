package ai.ingredients.cli;

import ai.ingredients.media.VideoWriter;
import ai.ingredients.tensor.Natives;

/**
 * Loads libtorch and FFmpeg while the command line is still being read: a second of a short run. What fails here fails
 * again where it is needed, and is reported there.
 */
final class Preload {
    private Preload() {}

    static void start() {
        Thread.ofPlatform().daemon().name("libtorch-load").start(() -> {
            try {
                Natives.load();
            } catch (LinkageError | IllegalStateException e) {
                return; // the command meets the same failure on the thread that can report it
            }
        });
        VideoWriter.preload();
    }
}
