package ai.ingredients.studio.api;

import ai.ingredients.media.Picture;
import ai.ingredients.media.Png;
import ai.ingredients.media.VideoReader;
import ai.ingredients.studio.jobs.VideoFiles;
import ai.ingredients.studio.store.Blobs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;

/**
 * Forms of a video that few ask for, made of the video itself when somebody does, one at a time. Their frames are those of the
 * mp4: a little less sharp than what the model made. Thread-safe.
 */
final class DerivedFiles {
    static final String GIF = "video.gif";
    static final String WEBM = "video.webm";
    static final String FRAMES = "frames.zip";

    private static final String GIF_METADATA = "javax_imageio_gif_image_1.0";
    private static final int HUNDREDTHS = 100 / OrderReader.FPS;

    private final Blobs blobs;
    private final ReentrantLock lock = new ReentrantLock();

    DerivedFiles(Blobs blobs) {
        this.blobs = blobs;
    }

    /** Whether WebM can be made: the encoder of this program writes H.264 only. */
    static boolean writesWebm() {
        return false;
    }

    /** Makes the file if it is not there. */
    void make(String folder, String name) throws IOException {
        if (name.equals(WEBM) && !writesWebm()) {
            throw ApiError.notFound("A WebM of this video");
        }
        if (blobs.find(folder + "/" + name) != null) {
            return;
        }
        lock.lock();
        try {
            if (blobs.find(folder + "/" + name) == null && blobs.find(folder + "/" + VideoFiles.VIDEO) != null) {
                Path video = blobs.folder(folder).resolve(VideoFiles.VIDEO);
                List<Picture> frames = VideoReader.readAll(video);
                blobs.put(folder + "/" + name, name.equals(GIF) ? gif(frames) : zip(frames));
            }
        } finally {
            lock.unlock();
        }
    }

    private static byte[] zip(List<Picture> frames) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setLevel(0); // PNG is compressed already
            for (int i = 0; i < frames.size(); i++) {
                zip.putNextEntry(new ZipEntry(String.format(Locale.ROOT, "frame_%04d.png", i)));
                zip.write(Png.encode(frames.get(i)));
                zip.closeEntry();
            }
        }
        return bytes.toByteArray();
    }

    private static byte[] gif(List<Picture> frames) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            writer.setOutput(out);
            writer.prepareWriteSequence(null);
            for (int i = 0; i < frames.size(); i++) {
                var image = frames.get(i).image();
                IIOMetadata metadata =
                        writer.getDefaultImageMetadata(ImageTypeSpecifier.createFromRenderedImage(image), null);
                IIOMetadataNode root = (IIOMetadataNode) metadata.getAsTree(GIF_METADATA);
                IIOMetadataNode control = child(root, "GraphicControlExtension");
                control.setAttribute("disposalMethod", "none");
                control.setAttribute("userInputFlag", "FALSE");
                control.setAttribute("transparentColorFlag", "FALSE");
                control.setAttribute("transparentColorIndex", "0");
                control.setAttribute("delayTime", String.valueOf(HUNDREDTHS));
                if (i == 0) {
                    IIOMetadataNode forever = new IIOMetadataNode("ApplicationExtension");
                    forever.setAttribute("applicationID", "NETSCAPE");
                    forever.setAttribute("authenticationCode", "2.0");
                    forever.setUserObject(new byte[] {1, 0, 0});
                    child(root, "ApplicationExtensions").appendChild(forever);
                }
                metadata.setFromTree(GIF_METADATA, root);
                writer.writeToSequence(new IIOImage(image, null, metadata), null);
            }
            writer.endWriteSequence();
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    private static IIOMetadataNode child(IIOMetadataNode root, String name) {
        for (int i = 0; i < root.getLength(); i++) {
            if (root.item(i).getNodeName().equals(name)) {
                return (IIOMetadataNode) root.item(i);
            }
        }
        IIOMetadataNode made = new IIOMetadataNode(name);
        root.appendChild(made);
        return made;
    }
}
