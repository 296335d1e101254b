package ai.ingredients.spring;

import ai.ingredients.Ingredients;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** Health of the model where the actuator is; {@code management.health.ingredients.enabled=false} leaves it out. */
@AutoConfiguration(after = IngredientsAutoConfiguration.class)
@ConditionalOnClass(HealthIndicator.class)
@ConditionalOnBean(Ingredients.class)
public final class IngredientsHealthAutoConfiguration {
    // The enabling condition stands here and not at the class: a program without the actuator lacks the condition's own
    // class.
    @Bean
    @ConditionalOnEnabledHealthIndicator("ingredients")
    @ConditionalOnMissingBean(name = "ingredientsHealthIndicator")
    HealthIndicator ingredientsHealthIndicator(ObjectProvider<Ingredients> model) {
        return new IngredientsHealth(model);
    }
}
