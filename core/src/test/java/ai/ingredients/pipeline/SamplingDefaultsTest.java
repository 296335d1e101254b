package ai.ingredients.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.testing.Fixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SamplingDefaultsTest {
    @TempDir
    Path folder;

    @Test
    void aModelWithoutTheFileIsSampledAsTheOfficialPipelineDoes() {
        assertThat(ModelBundle.open(Fixture.bundle()).sampling())
                .isEqualTo(new SamplingDefaults(50, 6, 1, null, Scheduler.Kind.DPM));
    }

    @Test
    void whatTheFileSaysCounts() throws IOException {
        write("{\"num_inference_steps\": 30, \"guidance_scale\": 2.5, \"image_guidance_scale\": 1.5, "
                + "\"layout\": \"0.05..0.35\", \"scheduler\": \"ddim\", \"other\": true}");
        assertThat(SamplingDefaults.of(folder))
                .isEqualTo(new SamplingDefaults(30, 2.5, 1.5, new Layout(0.05, 0.35), Scheduler.Kind.DDIM));
        write("{\"guidance_scale\": 3}");
        assertThat(SamplingDefaults.of(folder)).isEqualTo(new SamplingDefaults(50, 3, 1, null, Scheduler.Kind.DPM));
    }

    /** Of the scheduler's own config only a solver of diffusers counts: the official pipeline takes its sampler anyway. */
    @Test
    void aSolverInTheSchedulersConfigCounts() throws IOException {
        Path scheduler = Files.createDirectories(folder.resolve("scheduler")).resolve("scheduler_config.json");
        Files.writeString(scheduler, "{\"_class_name\": \"UniPCMultistepScheduler\"}");
        assertThat(SamplingDefaults.of(folder)).isEqualTo(new SamplingDefaults(50, 6, 1, null, Scheduler.Kind.UNIPC));
        write("{\"guidance_scale\": 3}");
        assertThat(SamplingDefaults.of(folder).scheduler()).isEqualTo(Scheduler.Kind.UNIPC);
        write("{\"scheduler\": \"ddim\"}");
        assertThat(SamplingDefaults.of(folder).scheduler()).isEqualTo(Scheduler.Kind.DDIM);
        write("{}");
        Files.writeString(scheduler, "{\"_class_name\": \"DPMSolverMultistepScheduler\"}");
        assertThat(SamplingDefaults.of(folder).scheduler()).isEqualTo(Scheduler.Kind.DPMPP);
        Files.writeString(scheduler, "{\"_class_name\": \"CogVideoXDDIMScheduler\"}");
        assertThat(SamplingDefaults.of(folder)).isEqualTo(SamplingDefaults.OFFICIAL);
    }

    @Test
    void nonsenseIsRefused() throws IOException {
        refused("{\"num_inference_steps\": 0}", "num_inference_steps is 0");
        refused("{\"scheduler\": \"euler\"}", "euler");
        refused("{\"layout\": \"0.5..0.1\"}", "0.5..0.1");
        refused("[]", SamplingDefaults.FILE);
    }

    private void refused(String json, String message) throws IOException {
        write(json);
        assertThatThrownBy(() -> SamplingDefaults.of(folder))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(message);
    }

    private void write(String json) throws IOException {
        Files.writeString(folder.resolve(SamplingDefaults.FILE), json);
    }
}
