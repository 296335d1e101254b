package ai.ingredients.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Resizing against Pillow, torchvision, OpenCV and diffusers' VideoProcessor. */
class ResamplingTest {
    @Test
    void pillowsResizesAreByteEqual() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("image_resize_pil")) {
            int cases = 0;
            for (int i = 0; fixture.has("in_image_" + i); i++) {
                Picture in = Picture.of(fixture.get("in_image_" + i)).getFirst();
                for (Resampling.PilFilter filter :
                        new Resampling.PilFilter[] {Resampling.PilFilter.LANCZOS, Resampling.PilFilter.BICUBIC}) {
                    String key = "out_" + filter.name().toLowerCase(java.util.Locale.ROOT) + "_" + i;
                    Tensor out = fixture.get(key);
                    Picture made = Resampling.pil(in, (int) out.size(1), (int) out.size(0), filter);
                    assertArrayEquals(Ops.bytes(out), made.rgb(), key);
                    cases++;
                }
            }
            assertThat(cases).isEqualTo(22);
        }
    }

    @Test
    void theVaeInputIsThatOfTheVideoProcessor() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("image_preprocess")) {
            Picture in = Picture.of(fixture.get("in_image")).getFirst();
            int[][] targets = {{64, 96}, {60, 84}, {100, 72}};
            for (int i = 0; i < targets.length; i++) {
                int height = targets[i][0];
                int width = targets[i][1];
                assertArrayEquals(
                        Ops.bytes(fixture.get("out_lanczos_uint8_" + i)),
                        Resampling.pil(in, width, height, Resampling.PilFilter.LANCZOS)
                                .rgb());
                assertArrayEquals(
                        Ops.bytes(fixture.get("out_bicubic_uint8_" + i)),
                        Resampling.pil(in, width, height, Resampling.PilFilter.BICUBIC)
                                .rgb());
                Tensor made = PictureTensors.vaeInput(in, height, width);
                assertTrue(torch.equal(fixture.get("out_tensor_" + i), made), "tensor " + i + " is not bit-equal");
            }
        }
    }

    @Test
    void torchvisionsAntialiasedResizesAgree() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("image_resize_torch")) {
            int cases = 0;
            for (int i = 0; fixture.has("in_tensor_" + i); i++) {
                Tensor in = fixture.get("in_tensor_" + i);
                Tensor out = fixture.get("out_bicubic_" + i);
                fixture.check(
                        "out_bicubic_" + i, Resampling.torchBicubic(in, out.size(2), out.size(3)), Fixture.MODULE);
                fixture.check(
                        "out_bilinear_" + i, Resampling.torchBilinear(in, out.size(2), out.size(3)), Fixture.MODULE);
                cases++;
            }
            assertThat(cases).isEqualTo(10);
        }
    }

    @Test
    void openCvsResizesAreByteEqual() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("face_align")) {
            Picture in = Picture.of(fixture.get("in_image_rgb")).getFirst();
            assertArrayEquals(
                    Ops.bytes(fixture.get("out_resize_linear_80x50")),
                    Resampling.openCv(in, 80, 50, Resampling.OpenCvFilter.LINEAR)
                            .rgb());
            assertArrayEquals(
                    Ops.bytes(fixture.get("out_resize_long_96")),
                    Resampling.openCv(in, 78, 96, Resampling.OpenCvFilter.LANCZOS4)
                            .rgb());
        }
    }

    @Test
    void everyByteSurvivesTheWayThroughTheUnitTensor() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("canvas_byte_table")) {
            byte[] bytes = Ops.bytes(fixture.get("in_byte"));
            byte[] rgb = new byte[256 * 3];
            for (int i = 0; i < rgb.length; i++) {
                rgb[i] = bytes[i / 3];
            }
            byte[] back = PictureTensors.fromUnit(PictureTensors.unit(new Picture(256, 1, rgb)))
                    .rgb();
            byte[] expected = Ops.bytes(fixture.get("out_byte"));
            for (int i = 0; i < back.length; i++) {
                assertThat(back[i]).isEqualTo(expected[i / 3]);
            }
        }
    }
}
