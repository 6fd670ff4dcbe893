export { default as style } from './style.css';
