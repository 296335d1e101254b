package ai.ingredients.cli;

import ai.ingredients.tensor.Natives;
import java.util.List;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.opencv.global.opencv_calib3d;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;

/**
 * Unpacks and loads the native libraries, for the launcher after a build: users who may not write into the program's folder
 * then find all of them there. Those of ONNX Runtime and SentencePiece come with the first generation, which follows.
 */
final class Unpack {
    private static final List<Class<?>> LIBRARIES = List.of(
            avutil.class,
            avcodec.class,
            avformat.class,
            swscale.class,
            opencv_core.class,
            opencv_imgproc.class,
            opencv_imgcodecs.class,
            opencv_calib3d.class);

    private Unpack() {}

    public static void main(String[] args) {
        Natives.load();
        LIBRARIES.forEach(Loader::load);
        System.setProperty("OPT_OUT_TRACKING", "true"); // as ClipTokenizer, which says why
        System.setProperty("RUST_FLAVOR", "cpu");
        ai.djl.huggingface.tokenizers.jni.LibUtils.checkStatus();
        Ending.end(0);
    }
}
