package ai.ingredients.studio.jobs;

import ai.ingredients.media.ContactSheet;
import ai.ingredients.media.Picture;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** Small pictures beside a video: JPEG, as browsers show it everywhere. */
public final class Pictures {
    private static final int SHEET_FRAMES = 16;
    private static final int SHEET_COLUMNS = 4;
    private static final float QUALITY = 0.88f;

    private Pictures() {}

    /** The middle frame. */
    static byte[] thumbnail(List<Picture> frames) {
        return jpeg(frames.get(frames.size() / 2).image());
    }

    /** Frames from beginning to end, four in a row. */
    static byte[] spritesheet(List<Picture> frames) {
        return jpeg(ContactSheet.of(
                        ContactSheet.sample(frames, Math.min(SHEET_FRAMES, frames.size())), SHEET_COLUMNS, 0)
                .image());
    }

    /** {@code image} as JPEG. */
    public static byte[] jpeg(BufferedImage image) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            writer.setOutput(out);
            ImageWriteParam settings = writer.getDefaultWriteParam();
            settings.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            settings.setCompressionQuality(QUALITY);
            writer.write(null, new IIOImage(image, null, null), settings);
        } catch (IOException e) {
            throw new IllegalStateException("nothing fails in memory", e);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }
}
