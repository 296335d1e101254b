package ai.ingredients.training.inversion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastIdentity;
import ai.ingredients.cast.CastSource;
import ai.ingredients.cast.DrawnWorld;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.ClipWorld;
import ai.ingredients.data.DatasetInfo;
import ai.ingredients.data.DatasetWriter;
import ai.ingredients.data.FolderSettings;
import ai.ingredients.data.FolderSource;
import ai.ingredients.data.Split;
import ai.ingredients.data.Subject;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Png;
import ai.ingredients.media.Resampling;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Photos and clips of one person, wherever they come from. */
class SubjectsTest {
    private static final ClipFormat SMALL = new ClipFormat(48, 32, 9, 8, 64);

    @TempDir
    Path folder;

    @Test
    void aDrawnPersonIsInEveryClipAloneAndAlwaysTheSame() {
        CastIdentity who = new CastSource(Split.TEST, 1, 2024, 2).identities(0).get(1);
        ClipWorld.Character character = new ClipWorld.Character(Split.TEST, 2024, 2, 0, 1);
        Subject subject = new DrawnWorld().subject(character, 3, 4, SMALL);
        Subject again = new DrawnWorld().subject(character, 3, 2, SMALL);
        assertThat(subject.noun()).isEqualTo(who.presentation().name().toLowerCase(Locale.ROOT));
        assertThat(subject.samples()).hasSize(7);
        for (int i = 0; i < 7; i++) {
            Subject.Sample sample = subject.samples().get(i);
            List<Picture> frames = sample.frames().get();
            assertThat(frames).hasSize(i < 3 ? 1 : 9).allMatch(frame -> frame.width() == 48 && frame.height() == 32);
            if (i < 3) {
                assertThat(sample.caption()).isNull();
            } else {
                assertThat(Templates.of(Objects.requireNonNull(sample.caption())))
                        .containsPattern("\\{} (with [a-z ]+ )?in an? ");
            }
            if (i < 5) {
                assertThat(again.samples().get(i).frames().get()).isEqualTo(frames);
            }
            assertThat(sample.id()).endsWith(who.id());
        }
        assertThat(subject.samples().stream()
                        .map(sample -> sample.frames().get().getFirst())
                        .distinct())
                .hasSize(7);
    }

    @Test
    void picturesOfAFolder() throws Exception {
        Png.write(folder.resolve("b.png"), Picture.filled(60, 90, 200, 10, 10));
        Png.write(folder.resolve("a.PNG"), Picture.filled(100, 40, 10, 200, 10));
        Files.writeString(folder.resolve("notes.txt"), "no picture");
        Subject subject = Subjects.pictures(folder, null, 5, 48, 32);
        assertThat(subject.noun()).isEqualTo("person");
        assertThat(subject.samples()).hasSize(2);
        assertThat(subject.samples().get(0).frames().get()).containsExactly(Picture.filled(48, 32, 10, 200, 10));
        assertThat(subject.samples().get(1).frames().get()).containsExactly(Picture.filled(48, 32, 200, 10, 10));
        assertThat(Subjects.pictures(folder, null, 1, 48, 32).samples()).hasSize(1);

        Files.writeString(folder.resolve("c.png"), "broken");
        Subject broken = Subjects.pictures(folder, null, 5, 48, 32);
        assertThatThrownBy(() -> broken.samples().get(2).frames().get())
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("c.png");
        assertThatThrownBy(() -> Subjects.pictures(Files.createDirectory(folder.resolve("empty")), null, 5, 48, 32))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("has no pictures");
        assertThatThrownBy(() -> Subjects.pictures(folder.resolve("nowhere"), null, 5, 48, 32))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("nowhere");
    }

    @Test
    void aKnownFaceIsInTheMiddleAsFarAsThePictureReaches() {
        byte[] rgb = new byte[60 * 180 * 3];
        for (int y = 0; y < 180; y++) {
            for (int x = 0; x < 60; x++) {
                rgb[(y * 60 + x) * 3] = (byte) y;
            }
        }
        Picture tall = new Picture(60, 180, rgb);
        assertThat(firstRow(Subject.fit(tall, 60, 40, null))).isEqualTo(70);
        assertThat(firstRow(Subject.fit(tall, 60, 40, face(30, 60)))).isEqualTo(40);
        assertThat(firstRow(Subject.fit(tall, 60, 40, face(30, 5)))).isZero();
        assertThat(firstRow(Subject.fit(tall, 60, 40, face(30, 178)))).isEqualTo(140);
        Picture halved = Subject.fit(tall, 30, 40, face(30, 100));
        Picture expected = Resampling.pil(tall, 30, 90, Resampling.PilFilter.BICUBIC);
        assertThat(halved.rgb()[0]).isEqualTo(expected.rgb()[30 * 30 * 3]);
    }

    private static int firstRow(Picture picture) {
        return Byte.toUnsignedInt(picture.rgb()[0]);
    }

    private static List<Face.Point> face(double x, double y) {
        return List.of(
                new Face.Point(x - 2, y - 2),
                new Face.Point(x + 2, y - 2),
                new Face.Point(x, y),
                new Face.Point(x - 1, y + 2),
                new Face.Point(x + 1, y + 2));
    }

    @Test
    void aPersonOfADataSet() {
        CastSource drawn = new CastSource(Split.TRAIN, 6, 5, new int[] {1, 2}, 1, SMALL);
        DatasetInfo info = new DatasetInfo("cast", 48, 32, 8);
        try (DatasetWriter writer = DatasetWriter.open(folder, info, DatasetWriter.VideoKind.PNG)) {
            writer.addAll(drawn, done -> {});
        }
        FolderSettings settings = new FolderSettings(48, 32, 9, 1, 0, 0, 0, 1, FolderSettings.PhotosFrom.CLIP, 0);
        FolderSource source = new FolderSource(folder, settings, FolderSettings.Part.ALL, 0, 1);
        long alone = LongStream.range(0, 6)
                .filter(i -> drawn.people(i) == 1)
                .findFirst()
                .orElseThrow();
        long together = LongStream.range(0, 6)
                .filter(i -> drawn.people(i) == 2)
                .findFirst()
                .orElseThrow();
        String solo = drawn.identities(alone).getFirst().id();
        Subject subject = Subjects.listed(source, solo, 1, 5, 48, 32);
        assertThat(subject.samples()).hasSize(2);
        assertThat(subject.samples().get(0).frames().get()).hasSize(1);
        assertThat(subject.samples().get(1).frames().get())
                .isEqualTo(source.clip(alone).frames());
        assertThat(subject.samples().get(1).caption())
                .isEqualTo(drawn.prompt(alone).caption());

        String pair = drawn.identities(together).getFirst().id();
        assertThat(Subjects.listed(source, pair, 1, 5, 48, 32).samples()).hasSize(1); // no clip shows nobody else
        assertThatThrownBy(() -> Subjects.listed(source, pair, 0, 5, 48, 32))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("no photo and no clip");
        assertThatThrownBy(() -> Subjects.listed(source, "nobody", 1, 5, 48, 32))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("nobody is called nobody")
                .hasMessageContaining(source.persons().getFirst());
    }

    @Test
    void batchesAreMixedAsAskedAndUseEverybodyInTurn() {
        InversionPlan plan = new InversionPlan(3, 4, 2, 0.25, 9);
        int photos = 0;
        int[] uses = new int[7];
        for (int number = 0; number < 80; number++) {
            InversionBatch batch = plan.batch(number);
            assertThat(plan.batch(number)).isEqualTo(batch);
            boolean photo = batch.samples().getFirst() < 3;
            assertThat(batch.samples()).hasSize(2).allMatch(sample -> sample < 3 == photo);
            photos += photo ? 1 : 0;
            batch.samples().forEach(sample -> uses[sample]++);
        }
        assertThat(photos).isEqualTo(20);
        assertThat(uses).containsExactly(uses);
        for (int i = 0; i < 7; i++) {
            assertThat(uses[i]).isBetween(i < 3 ? 13 : 30, i < 3 ? 14 : 30);
        }
        assertThat(new InversionPlan(2, 0, 4, 0.1, 1).batch(7).samples()).containsOnly(0, 1);
        assertThat(new InversionPlan(0, 1, 2, 0.9, 1).batch(7).samples()).containsExactly(0, 0);
    }
}
