package ai.ingredients.cast;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a prompt of the drawn world means, as labels: scene, action, light, camera, and everyone's role and clothes. */
final class CastLabels {
    private CastLabels() {}

    /** All labels and their values. */
    static Map<String, List<String>> values() {
        Map<String, List<String>> classes = new LinkedHashMap<>();
        classes.put("scene", names(CastPrompt.Scene.values()));
        classes.put("action", names(CastPrompt.Action.values()));
        classes.put("light", names(CastPrompt.Light.values()));
        classes.put("camera", names(CastPrompt.Camera.values()));
        classes.put("people", List.of("1", "2", "3"));
        for (int i = 0; i < CastPrompt.MOST_PEOPLE; i++) {
            classes.put("who" + i, names(CastIdentity.Presentation.values()));
            classes.put("colour" + i, names(CastPrompt.Dye.values()));
            classes.put("cut" + i, names(CastPrompt.Cut.values()));
        }
        return classes;
    }

    /** What {@code prompt} states; labels of people who are not there are absent. */
    static Map<String, String> of(CastPrompt prompt) {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put("scene", prompt.scene().name());
        labels.put("action", prompt.action().name());
        labels.put("light", prompt.light().name());
        labels.put("camera", prompt.camera().name());
        labels.put("people", Integer.toString(prompt.people().size()));
        for (int i = 0; i < prompt.people().size(); i++) {
            CastPrompt.Role role = prompt.people().get(i);
            labels.put("who" + i, role.presentation().name());
            labels.put("colour" + i, role.garment().colour().name());
            labels.put("cut" + i, role.garment().kind().name());
        }
        return labels;
    }

    private static List<String> names(Enum<?>[] values) {
        return Arrays.stream(values).map(Enum::name).toList();
    }
}
