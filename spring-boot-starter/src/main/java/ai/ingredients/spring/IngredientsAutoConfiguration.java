package ai.ingredients.spring;

import ai.ingredients.Ingredients;
import ai.ingredients.VideoObserver;
import java.util.Objects;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;

/**
 * {@link Ingredients} where {@code ingredients.model} names a folder and the program has no such bean of its own. It is opened when
 * it is first asked for, which reads configs and headers; weights are loaded for the first video. Who wants the program to start
 * without it takes an {@code ObjectProvider<Ingredients>}.
 */
@AutoConfiguration
@EnableConfigurationProperties(IngredientsProperties.class)
public final class IngredientsAutoConfiguration {
    /**
     * @param observers beans that hear of every video, such as the metrics
     * @throws ai.ingredients.InvalidInputException when the folder holds no model that can be used, or the device is not there
     */
    @Bean(destroyMethod = "close")
    @Lazy
    @ConditionalOnProperty("ingredients.model")
    @ConditionalOnMissingBean
    Ingredients ingredients(IngredientsProperties properties, ObjectProvider<VideoObserver> observers) {
        Ingredients opened = Ingredients.open(Objects.requireNonNull(properties.model()), properties.options());
        observers.orderedStream().forEach(opened::observedBy);
        return opened;
    }
}
