package ai.ingredients.vae;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.tensor.DType;
import org.junit.jupiter.api.Test;

/** The estimate of decoding memory behaves as memory does. */
class VaeMemoryTest {
    private static final VaeConfig CONFIG = VaeConfig.cogVideoX5b();
    private static final double GIB = 1L << 30;

    @Test
    void thePaperSizeNeedsWhatItsTensorsAddUpTo() {
        // Up block 3 from 256 to 128 channels at 480x720: input 256·9, twice (256·11 padded + 128·9 out) frames; and
        // two
        // frames for each convolution carried. 13.2 + 5.2 + 0.2 GiB.
        long bytes = VaeMemory.decodeBytes(CONFIG, DType.FP32, Tiling.off(CONFIG), 13, 60, 90);
        assertEquals(18.6, bytes / GIB, 0.05);
    }

    @Test
    void lessPrecisionTilesAndFewerFramesNeedLess() {
        long full = VaeMemory.decodeBytes(CONFIG, DType.FP32, Tiling.off(CONFIG), 13, 60, 90);
        long half = VaeMemory.decodeBytes(CONFIG, DType.BF16, Tiling.off(CONFIG), 13, 60, 90);
        long tiled = VaeMemory.decodeBytes(CONFIG, DType.FP32, Tiling.on(CONFIG), 13, 60, 90);
        long longer = VaeMemory.decodeBytes(CONFIG, DType.FP32, Tiling.off(CONFIG), 25, 60, 90);
        long still = VaeMemory.decodeBytes(CONFIG, DType.FP32, Tiling.off(CONFIG), 1, 60, 90);
        assertTrue(half < 0.6 * full, half + " of " + full);
        assertTrue(tiled < 0.4 * full, tiled + " of " + full);
        assertTrue(still < full, still + " of " + full);
        assertEquals(full, longer, "frames are handed out, so a longer video needs no more");
    }

    @Test
    void tilingOfASmallPictureChangesNothing() {
        long plain = VaeMemory.decodeBytes(CONFIG, DType.FP32, Tiling.off(CONFIG), 3, 30, 45);
        assertEquals(plain, VaeMemory.decodeBytes(CONFIG, DType.FP32, Tiling.on(CONFIG), 3, 30, 45));
    }
}
