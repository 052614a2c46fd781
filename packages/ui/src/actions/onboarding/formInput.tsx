import type { FieldError } from '@connected-registry/protocol/answers/problemDetails';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { Text } from '../../parts/text.js';
import { SET, type FormField } from './onboardFields.js';

/** One field with its help, and the app's faults of it with their fixes. */
export function FormInput({
  field,
  value,
  errors,
  suggestions = [],
  isOff,
  onValue,
}: {
  readonly field: FormField;
  readonly value: string;
  readonly errors: readonly FieldError[];
  readonly suggestions?: readonly string[];
  readonly isOff: boolean;
  readonly onValue: (value: string) => void;
}): JSX.Element {
  const id = useId();
  const shared = {
    id,
    disabled: isOff,
    'aria-describedby': errors.length > 0 ? `${id}-errors ${id}-help` : `${id}-help`,
    ...(errors.length > 0 ? { 'aria-invalid': true } : {}),
    ...(field.isRequired === true ? { 'aria-required': true } : {}),
  } as const;
  const typed = { ...shared, value, autocomplete: 'off', autocapitalize: 'off', spellcheck: false } as const;
  return (
    <div class="field">
      {field.kind === 'flag' ? (
        <label class="choice">
          <input
            {...shared}
            type="checkbox"
            checked={value === SET}
            onChange={({ currentTarget }) => onValue(currentTarget.checked ? SET : '')}
          />
          {field.label}
        </label>
      ) : (
        <label for={id}>
          {field.label}
          {field.isRequired === true && <span class="quiet"> (required)</span>}
        </label>
      )}
      {field.kind === 'lines' && (
        <textarea {...typed} rows={3} onInput={({ currentTarget }) => onValue(currentTarget.value)} />
      )}
      {field.kind === 'choice' && (
        <select {...shared} value={value} onChange={({ currentTarget }) => onValue(currentTarget.value)}>
          <option value="">default</option>
          {(field.choices ?? []).map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      )}
      {(field.kind === 'text' || field.kind === 'number') && (
        <input
          type="text"
          {...typed}
          {...(field.kind === 'number' ? { inputMode: 'numeric' as const } : {})}
          {...(suggestions.length > 0 ? { list: `${id}-list` } : {})}
          onInput={({ currentTarget }) => onValue(currentTarget.value)}
        />
      )}
      {suggestions.length > 0 && (
        <datalist id={`${id}-list`}>
          {suggestions.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      {errors.length > 0 && (
        <ul id={`${id}-errors`} class="errors">
          {errors.map(({ field: path, message, fix }) => (
            <li key={`${path} ${message}`}>
              <strong>
                <Text of={`${path} ${message}.`} />
              </strong>{' '}
              Fix: <Text of={fix} />
            </li>
          ))}
        </ul>
      )}
      <p id={`${id}-help`} class="quiet">
        {field.help}
      </p>
    </div>
  );
}
